use super::acts::{HOUR, MINUTE};
use super::{LEASE, Rig};
use crate::notify::Topic;
use crate::store::{
    Asked, By, Counts, Minute, Minutes, Pause, Per, Prune, Report, ReportedBeat, Tally, WorkerId, WorkerInfo,
    WorkerState,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

async fn tell(rig: &dyn Rig, worker: WorkerId, report: &Report) -> ReportedBeat {
    rig.store().heartbeat(worker, LEASE, report).await.unwrap()
}

/// Tells how many tasks of each type have started, each of which took a millisecond.
fn counts(started: &[(&str, u64)]) -> Report {
    let mut counts = Counts::default();
    for (task_type, runs) in started {
        let mut tally = Tally { started: *runs, ..Tally::default() };
        (0..*runs).for_each(|_| tally.runs.record(Duration::from_millis(1)));
        counts.add(task_type, &tally);
    }
    Report { counts: Some(counts), ..Report::default() }
}

async fn gather(rig: &dyn Rig) -> bool {
    rig.store().gather().await.unwrap()
}

async fn page(rig: &dyn Rig, page: &Minutes<'_>) -> Vec<Minute> {
    rig.store().minutes(page).await.unwrap()
}

/// The minutes of the last two hours.
async fn minutes(rig: &dyn Rig) -> Vec<Minute> {
    page(rig, &Minutes::from(rig.now().await - HOUR * 2)).await
}

/// How many runs of each task type have started in all minutes, and ended.
async fn gathered(rig: &dyn Rig) -> Vec<(String, u64, u64)> {
    let mut sum = Counts::default();
    minutes(rig).await.iter().for_each(|minute| sum.add(&minute.name, &minute.tally));
    sum.iter().map(|(task_type, tally)| (task_type.to_owned(), tally.started, tally.runs.count())).collect()
}

fn both(mail: u64, sync: u64) -> Vec<(String, u64, u64)> {
    vec![("mail".to_owned(), mail, mail), ("sync".to_owned(), sync, sync)]
}

async fn info(rig: &dyn Rig, worker: WorkerId) -> WorkerInfo {
    let workers = rig.store().workers(None, 1000).await.unwrap();
    workers.into_iter().find(|info| info.id == worker).expect("the worker is listed")
}

/// A report without counts keeps those that were told before.
pub async fn a_worker_is_listed_with_what_it_last_told(rig: &dyn Rig) {
    let about = r#"{"host": "db1", "pid": 17, "version": "0.12.0", "mode": "asynk", "task_types": ["mail"],
        "workers": 4, "lease_ms": 30000}"#;
    let worker = rig.store().register(about).await.unwrap();
    let fresh = info(rig, worker).await;
    assert_eq!((&*fresh.host, fresh.pid, &*fresh.version, &*fresh.mode), ("db1", 17, "0.12.0", "asynk"));
    assert_eq!((fresh.task_types, fresh.workers, fresh.busy), (vec!["mail".to_owned()], 4, 0));
    assert!(fresh.state == WorkerState::Alive && fresh.counts.is_empty() && fresh.asked.is_none());
    let told = Report { workers: 5, busy: 3, is_quiet: true, ..counts(&[("mail", 7)]) };
    assert!(tell(rig, worker, &told).await.is_saved);
    tell(rig, worker, &Report { counts: None, ..told }).await;
    let told = info(rig, worker).await;
    assert_eq!((told.workers, told.busy, told.is_quiet), (5, 3, true));
    assert_eq!(told.counts.of("mail").unwrap().started, 7);
    assert_eq!(told.ungathered, told.counts);
}

pub async fn a_worker_that_beats_no_more_is_listed_as_silent_and_then_as_dead(rig: &dyn Rig) {
    let worker = rig.worker().await;
    rig.advance(LEASE / 2 + MINUTE / 60).await;
    let silent = info(rig, worker).await;
    assert!(silent.state == WorkerState::Silent && silent.silent_for > LEASE / 2, "{silent:?}");
    rig.retire(worker).await;
    let retired = info(rig, worker).await;
    assert!(
        retired.state == WorkerState::Dead && !retired.is_lost && retired.silent_for < LEASE / 2,
        "{retired:?}"
    );
}

pub async fn a_worker_that_was_declared_dead_is_told_from_one_that_stopped(rig: &dyn Rig) {
    let lost = rig.worker().await;
    rig.advance(LEASE * 2).await;
    let other = rig.worker().await;
    assert_eq!(rig.rescue().await.buried, 1);
    assert!(info(rig, lost).await.is_lost && !info(rig, other).await.is_lost);
    rig.retire(lost).await;
    assert!(info(rig, lost).await.is_lost, "it stops too late");
}

pub async fn workers_are_listed_page_by_page(rig: &dyn Rig) {
    let mut workers = Vec::new();
    for _ in 0..5 {
        workers.push(rig.worker().await);
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = rig.store().workers(after, 2).await.unwrap();
        assert!(page.len() <= 2);
        listed.extend(page.iter().map(|info| info.id));
        after = page.last().map(|info| info.id);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, workers);
}

/// The first one that asks gathers, and the next one not before the minute is over.
pub async fn what_workers_told_is_gathered_once_a_minute(rig: &dyn Rig) {
    let (one, other) = (rig.worker().await, rig.worker().await);
    tell(rig, one, &counts(&[("mail", 3), ("sync", 1)])).await;
    assert!(tell(rig, other, &counts(&[("mail", 4), ("sync", 1)])).await.minute_is_due);
    gather(rig).await;
    assert_eq!(gathered(rig).await, both(7, 2));
    assert!(info(rig, one).await.ungathered.is_empty());
    tell(rig, one, &counts(&[("mail", 5), ("sync", 1)])).await;
    rig.advance(MINUTE).await;
    assert!(tell(rig, other, &counts(&[("mail", 4), ("sync", 2)])).await.minute_is_due);
    gather(rig).await;
    assert_eq!(gathered(rig).await, both(9, 3));
    assert!(minutes(rig).await.iter().all(|minute| minute.tally.runs.micros() % 1000 == 0));
}

/// Nor when nobody has told anything.
pub async fn nothing_is_gathered_twice(rig: &dyn Rig) {
    let worker = rig.worker().await;
    tell(rig, worker, &counts(&[("mail", 3), ("sync", 1)])).await;
    for _ in 0..3 {
        gather(rig).await;
        assert_eq!(gathered(rig).await, both(3, 1));
        rig.advance(MINUTE).await;
        tell(rig, worker, &Report::default()).await;
    }
}

/// It has told these with its last beat, or when it stopped.
pub async fn the_last_counts_of_a_dead_worker_are_gathered(rig: &dyn Rig) {
    let (stopped, silent) = (rig.worker().await, rig.worker().await);
    tell(rig, silent, &counts(&[("mail", 2), ("sync", 1)])).await;
    rig.store().retire(stopped, &counts(&[("mail", 5)])).await.unwrap();
    rig.advance(LEASE * 2).await;
    rig.worker().await;
    rig.rescue().await;
    let late = tell(rig, silent, &counts(&[("mail", 3), ("sync", 1)])).await;
    assert!(!late.beat.is_alive && late.is_saved, "it tells its last counts although it is dead");
    rig.advance(HOUR * 2).await;
    rig.store().prune(&Prune { older_than: None, limit: 10 }).await.unwrap();
    gather(rig).await;
    let mut sum = Counts::default();
    let from = rig.now().await - HOUR * 9;
    page(rig, &Minutes::from(from)).await.iter().for_each(|minute| sum.add(&minute.name, &minute.tally));
    assert_eq!((sum.of("mail").unwrap().started, sum.of("sync").unwrap().started), (8, 1));
    rig.store().prune(&Prune { older_than: None, limit: 10 }).await.unwrap();
    let left: Vec<_> = rig.store().workers(None, 10).await.unwrap().iter().map(|info| info.id).collect();
    assert!(!left.contains(&stopped) && !left.contains(&silent), "they are removed once they are gathered");
}

/// Those of kinds are apart from those of task types, also if these have the same names.
pub async fn minutes_tell_how_long_tasks_waited_by_task_type_and_by_kind(rig: &dyn Rig) {
    let worker = rig.worker().await;
    let mut told = Counts::default();
    for round in 1..=2 {
        let mut tally = Tally { started: 1, failed: 1, ..Tally::default() };
        tally.waits.record(MINUTE * round);
        told.add("mail", &tally);
        told.add_to(By::Kind, "mail", &tally);
        told.add_to(By::Kind, "Report", &tally);
        tell(rig, worker, &Report { counts: Some(told.clone()), ..Report::default() }).await;
        rig.advance(MINUTE).await;
        gather(rig).await;
    }
    let first = Minutes { limit: 1, ..Minutes::from(rig.now().await - HOUR * 2) };
    let mut sum = Counts::default();
    for by in By::ALL {
        let mut last: Option<Minute> = None;
        loop {
            let next = page(rig, &last.as_ref().map_or(first, |last| first.after(last)).by(by)).await;
            let Some(minute) = next.into_iter().next() else { break };
            assert!(last.is_none_or(|last| (last.at, last.name) < (minute.at, minute.name.clone())));
            sum.add_to(by, &minute.name, &minute.tally);
            last = Some(minute);
        }
    }
    assert_eq!(sum, told);
    assert_eq!(sum.of("mail").unwrap().waits.mean(), Some(MINUTE * 3 / 2));
    assert_eq!(info(rig, worker).await.counts, told);
}

pub async fn minutes_are_listed_page_by_page_and_kept_for_72_hours(rig: &dyn Rig) {
    let worker = rig.worker().await;
    for n in 1..=3 {
        tell(rig, worker, &counts(&[("mail", n), ("sync", n)])).await;
        rig.advance(MINUTE).await;
        gather(rig).await;
    }
    let all = minutes(rig).await;
    assert!(all.is_sorted_by_key(|minute| (minute.at, minute.name.clone())));
    let first = Minutes { limit: 2, ..Minutes::from(rig.now().await - HOUR * 2) };
    let (mut listed, mut last) = (Vec::<Minute>::new(), None);
    loop {
        let next = page(rig, &last.as_ref().map_or(first, |last| first.after(last))).await;
        assert!(next.len() <= 2);
        let Some(end) = next.last().cloned() else { break };
        listed.extend(next);
        last = Some(end);
    }
    assert_eq!(listed, all);
    let prune = Prune { older_than: None, limit: 10 };
    rig.advance(Per::Minute.kept() - HOUR).await;
    rig.store().prune(&prune).await.unwrap();
    let from = rig.now().await - HOUR * 100;
    assert_eq!(page(rig, &Minutes::from(from)).await.len(), all.len());
    rig.advance(HOUR * 2).await;
    rig.store().prune(&prune).await.unwrap();
    assert_eq!(page(rig, &Minutes::from(from)).await, []);
}

/// They have the same sums as the minutes.
pub async fn hours_are_kept_for_180_days(rig: &dyn Rig) {
    let worker = rig.worker().await;
    let mut told = Counts::default();
    for started in 1..=3 {
        for by in By::ALL {
            told.add_to(by, "mail", &Tally { started, ..Tally::default() });
        }
        tell(rig, worker, &Report { counts: Some(told.clone()), ..Report::default() }).await;
        rig.advance(HOUR).await;
        gather(rig).await;
    }
    let sum = async |per| {
        let mut sum = Counts::default();
        for by in By::ALL {
            let first = Minutes::from(rig.now().await - HOUR * 24 * 200).per(per).by(by);
            let rows = page(rig, &first).await;
            assert!(rows.len() == 3 || rows.is_empty(), "{rows:?}");
            rows.iter().for_each(|row| sum.add_to(by, &row.name, &row.tally));
        }
        sum
    };
    let prune = Prune { older_than: None, limit: 10 };
    assert_eq!((sum(Per::Minute).await, sum(Per::Hour).await), (told.clone(), told.clone()));
    rig.advance(Per::Hour.kept() - HOUR * 6).await;
    rig.store().prune(&prune).await.unwrap();
    assert_eq!((sum(Per::Minute).await, sum(Per::Hour).await), (Counts::default(), told));
    rig.advance(HOUR * 8).await;
    rig.store().prune(&prune).await.unwrap();
    assert!(sum(Per::Hour).await.is_empty());
}

/// Its listeners hear of it at once.
pub async fn a_worker_is_asked_until_it_says_that_it_does_it(rig: &dyn Rig) {
    let (worker, other, store) = (rig.worker().await, rig.worker().await, rig.store());
    let heard = Arc::new(AtomicU32::new(0));
    let count = heard.clone();
    let _registered = store.listeners().register(Topic::Asked(worker), move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    assert!(store.ask_worker(worker, Asked::Quiet).await.unwrap());
    assert_eq!(heard.load(Ordering::SeqCst), 1);
    for _ in 0..2 {
        assert_eq!(tell(rig, worker, &Report::default()).await.asked, Some(Asked::Quiet));
    }
    assert_eq!(tell(rig, other, &Report::default()).await.asked, None);
    assert_eq!(info(rig, worker).await.asked, Some(Asked::Quiet));
    assert!(store.ask_worker(worker, Asked::Resume).await.unwrap());
    let done = |asked| Report { done: Some(asked), ..Report::default() };
    assert_eq!(tell(rig, worker, &done(Asked::Quiet)).await.asked, Some(Asked::Resume), "asked since then");
    assert_eq!(tell(rig, worker, &done(Asked::Resume)).await.asked, None);
    assert_eq!(info(rig, worker).await.asked, None);
}

pub async fn a_worker_that_does_not_live_cannot_be_asked(rig: &dyn Rig) {
    let gone = rig.worker().await;
    rig.retire(gone).await;
    for worker in [gone, WorkerId(999_999)] {
        assert!(!rig.store().ask_worker(worker, Asked::Stop).await.unwrap());
    }
}

pub async fn paused_task_types_are_listed(rig: &dyn Rig) {
    let store = rig.store();
    for task_type in ["sync", "mail", "feeds"] {
        rig.pause(task_type, Pause::Begin).await;
    }
    rig.pause("mail", Pause::End).await;
    let before = rig.now().await;
    let paused = store.paused_types().await.unwrap();
    assert_eq!(paused.iter().map(|paused| &*paused.task_type).collect::<Vec<_>>(), ["feeds", "sync"]);
    assert!(paused.iter().all(|paused| paused.paused_at <= before && paused.paused_at > before - MINUTE));
}

pub async fn a_turn_moves_the_minutes_and_lets_the_next_one_be_gathered(rig: &dyn Rig) {
    let worker = rig.worker().await;
    tell(rig, worker, &counts(&[("mail", 3), ("sync", 1)])).await;
    gather(rig).await;
    let before = minutes(rig).await;
    rig.store().turn(MINUTE * 5).await.unwrap();
    let after = minutes(rig).await;
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.at - after.at, chrono::TimeDelta::minutes(5));
    }
    assert!(tell(rig, worker, &counts(&[("mail", 4), ("sync", 1)])).await.minute_is_due);
    assert!(gather(rig).await);
    assert_eq!(gathered(rig).await, both(4, 1));
}
