use super::Rig;
use super::acts::{HOUR, MINUTE, assert_about, both, id, task};
use super::missed::{hourly, look};
use crate::schedule::{Cron, Missed};
use crate::store::{CronRemoval, NewCron, Pause, Removal, Verdict};
use crate::task::{FangTaskState, Mode, Priority};
use std::time::Duration;
use uuid::Uuid;

async fn pause(rig: &dyn Rig) -> bool {
    rig.store().pause_cron("hourly", Pause::Begin).await.unwrap()
}

async fn resume(rig: &dyn Rig) -> bool {
    rig.store().pause_cron("hourly", Pause::End).await.unwrap()
}

/// The list has the kind, task type, mode, priority, next tick and pause of each cron.
pub async fn crons_are_listed_with_their_task_and_schedule_and_pause(rig: &dyn Rig) {
    assert_eq!(rig.store().list_crons().await.unwrap(), []);
    let kept = hourly(rig, Missed::CatchUp(4)).await;
    let cron = Cron::new("0 9 * * 1-5").time_zone("Europe/Berlin").missed(Missed::Skip);
    let mut task = task(2).task_type("mail").priority(Priority::High).tag("kept").expires(HOUR);
    task.mode = Mode::Blocking;
    let other = NewCron { name: "Report/5".to_owned(), cron, task, first: kept.first };
    rig.store().sync_cron(&other).await.unwrap();
    let listed = rig.store().list_crons().await.unwrap();
    let [one, two] = listed.as_slice() else { panic!("{listed:?}") };
    // The collation of the store decides the order of names.
    let (hourly, report) = if one.name == "hourly" { (one, two) } else { (two, one) };
    assert_eq!((&hourly.cron, hourly.next_tick), (&kept.cron, kept.first));
    assert_eq!((report.kind(), &report.cron, report.next_tick), ("Report", &other.cron, kept.first));
    assert_eq!(
        (report.task_type.as_str(), report.mode, report.priority),
        ("mail", Mode::Blocking, Priority::High)
    );
    assert_eq!(report.paused_at, None);
    let kept = report.task();
    assert_eq!(
        (kept.kind(), kept.row().task_type, kept.row().expires),
        (other.task.kind(), "mail", Some(HOUR))
    );
    assert_eq!(kept.row().tags, ["kept"]);
    assert_about((rig.now().await - report.created_at).to_std().ok(), Duration::ZERO);
    assert!(pause(rig).await);
    let paused = rig.store().list_crons().await.unwrap().into_iter().find(|cron| cron.name == "hourly");
    let since = rig.now().await - paused.unwrap().paused_at.unwrap();
    assert_about(since.to_std().ok(), Duration::ZERO);
}

/// Its waiting tick is removed.
pub async fn a_paused_cron_does_not_tick(rig: &dyn Rig) {
    let kept = hourly(rig, Missed::CatchUp(9)).await;
    assert!(pause(rig).await);
    assert!(!pause(rig).await, "it is paused already");
    assert_eq!(rig.all().await, []);
    assert!(rig.store().crons().await.unwrap().next_in.is_none());
    rig.advance(HOUR * 2).await;
    assert_eq!(look(rig, 2).await, 0);
    rig.store().sync_cron(&kept).await.unwrap();
    assert_eq!(rig.all().await, [], "scheduling a paused cron again does not resume it");
}

/// The next tick comes at its usual time.
pub async fn a_pause_that_ends_before_the_next_tick_changes_nothing(rig: &dyn Rig) {
    hourly(rig, Missed::Skip).await;
    pause(rig).await;
    rig.advance(MINUTE * 20).await;
    assert!(resume(rig).await);
    assert!(!resume(rig).await, "it is not paused any more");
    assert_eq!(look(rig, 2).await, 1);
    assert_eq!(rig.waiting_minutes().await, [-40]);
    assert_eq!(look(rig, 3).await, 0);
    rig.advance(MINUTE * 40).await;
    assert_eq!(look(rig, 4).await, 1);
    assert_eq!(rig.waiting_minutes().await, [0, -60]);
}

/// The same as ticks that were missed because no pool ran.
pub async fn ticks_missed_during_a_pause_follow_the_policy(rig: &dyn Rig) {
    let policies = [
        (Missed::Coalesce, vec![130, -50]),
        (Missed::Skip, vec![-50]),
        (Missed::CatchUp(2), vec![70, 10, -50]),
        (Missed::CatchUp(9), vec![130, 70, 10, -50]),
    ];
    for (n, (missed, expected)) in (1..).zip(policies) {
        hourly(rig, missed).await;
        pause(rig).await;
        rig.advance(HOUR * 3 + MINUTE * 10).await;
        assert_eq!(look(rig, n * 100).await, 0);
        resume(rig).await;
        assert_eq!(look(rig, n * 100).await, 1);
        assert_eq!(rig.waiting_minutes().await, expected, "{missed:?}");
        assert_eq!(look(rig, n * 100 + 50).await, 0);
        rig.store().remove(&Removal::All).await.unwrap();
    }
}

/// Its result is accepted, and the tick is not repeated after the pause.
pub async fn a_pause_leaves_a_running_tick_alone(rig: &dyn Rig) {
    hourly(rig, Missed::Coalesce).await;
    rig.advance(HOUR).await;
    let worker = rig.worker().await;
    let running = rig.claim_one(worker).await;
    assert!(pause(rig).await);
    assert!(rig.finish(worker, &running, Verdict::Remove).await);
    resume(rig).await;
    look(rig, 2).await;
    assert_eq!(rig.waiting_minutes().await, [-60]);
}

/// After the pause, it ticks by its new pattern.
pub async fn a_cron_changed_while_it_is_paused_stays_paused(rig: &dyn Rig) {
    let mut changed = hourly(rig, Missed::Coalesce).await;
    pause(rig).await;
    changed.cron = Cron::every(MINUTE * 30);
    changed.first = rig.now().await + MINUTE * 30;
    changed.task.id = id(2);
    let saved = rig.store().sync_cron(&changed).await.unwrap();
    assert_eq!((saved.last_tick, saved.task_id), (changed.first, Uuid::nil()));
    assert_eq!(rig.all().await, []);
    assert_eq!(look(rig, 3).await, 0);
    resume(rig).await;
    assert_eq!(look(rig, 4).await, 1);
    assert_eq!(rig.waiting_minutes().await, [-30]);
}

/// Whichever comes first.
pub async fn a_pause_at_the_same_time_as_a_tick_leaves_no_waiting_tick(rig: &dyn Rig) {
    hourly(rig, Missed::Coalesce).await;
    rig.advance(HOUR).await;
    let due = rig.store().crons().await.unwrap().due.remove(0);
    let tick = due.tick(|| id(2)).unwrap();
    let store = rig.store();
    let [fired, paused] =
        both(store.fire(&tick), store.pause_cron("hourly", Pause::Begin)).await.map(Result::unwrap);
    assert!(paused);
    assert_eq!(rig.all().await, if fired { vec![1] } else { vec![] }, "the waiting tick is removed");
    resume(rig).await;
    look(rig, 3).await;
    assert_eq!(rig.waiting_minutes().await, [0, -60], "a resume inserts the tick again");
}

/// A paused cron can be run as well.
pub async fn a_cron_that_is_run_now_keeps_its_ticks(rig: &dyn Rig) {
    let kept = hourly(rig, Missed::Coalesce).await;
    assert!(rig.store().run_cron("hourly", id(2)).await.unwrap());
    assert!(rig.store().run_cron("hourly", id(2)).await.unwrap(), "a repeated call gets the same answer");
    let worker = rig.worker().await;
    assert_eq!(rig.claim_one(worker).await.id, id(2));
    assert_eq!(rig.find(2).await.metadata, rig.find(1).await.metadata);
    assert_eq!(rig.find(1).await.scheduled_at, kept.first);
    assert_eq!(rig.store().list_crons().await.unwrap()[0].next_tick, kept.first);
    pause(rig).await;
    assert!(rig.store().run_cron("hourly", id(3)).await.unwrap());
    assert_eq!(rig.claim_one(worker).await.id, id(3));
}

/// A tick that runs is not removed.
pub async fn removing_a_cron_removes_its_waiting_tick(rig: &dyn Rig) {
    let removal = CronRemoval::Name("hourly".to_owned());
    hourly(rig, Missed::Coalesce).await;
    rig.insert(&[task(2)]).await;
    assert_eq!(rig.store().remove_crons(&removal).await.unwrap(), 1);
    assert_eq!(rig.store().list_crons().await.unwrap(), []);
    assert_eq!(rig.all().await, [2], "an equal task that is no tick stays");
    hourly(rig, Missed::Coalesce).await;
    rig.advance(HOUR).await;
    let worker = rig.worker().await;
    rig.claim(worker, 10).await;
    assert_eq!(rig.store().remove_crons(&removal).await.unwrap(), 1);
    assert_eq!(rig.state(1).await, FangTaskState::InProgress);
}

/// Crons of the other mode stay, since they belong to another program, and so do those that were made by hand.
pub async fn crons_that_the_program_no_longer_has_are_removed(rig: &dyn Rig) {
    let first = rig.now().await + HOUR;
    for (n, (name, mode)) in (1..).zip([
        ("a", Mode::Asynk),
        ("b", Mode::Asynk),
        ("c", Mode::Blocking),
        ("it's", Mode::Asynk),
        ("K/hand:d", Mode::Asynk),
        ("K/hand:d/e", Mode::Asynk),
    ]) {
        let mut task = task(n);
        task.mode = mode;
        let cron = NewCron { name: name.to_owned(), cron: Cron::every(HOUR), task, first };
        rig.store().sync_cron(&cron).await.unwrap();
    }
    let all_but = |names: &[&str]| CronRemoval::AllBut {
        mode: Mode::Asynk,
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    assert_eq!(rig.store().remove_crons(&all_but(&["b", "it's", "unknown"])).await.unwrap(), 2);
    assert_eq!(rig.all().await, [5, 4, 3, 2]);
    assert_eq!(rig.store().remove_crons(&all_but(&[])).await.unwrap(), 2);
    assert_eq!(rig.all().await, [5, 3]);
    assert_eq!(rig.store().remove_crons(&CronRemoval::Name("K/hand:d".to_owned())).await.unwrap(), 1);
    assert_eq!(rig.store().list_crons().await.unwrap()[0].name, "c");
}

/// It changes nothing.
pub async fn an_operation_on_a_missing_cron_says_that_it_is_missing(rig: &dyn Rig) {
    let store = rig.store();
    assert!(!store.pause_cron("gone", Pause::Begin).await.unwrap());
    assert!(!store.pause_cron("gone", Pause::End).await.unwrap());
    assert!(!store.run_cron("gone", id(1)).await.unwrap());
    assert_eq!(store.remove_crons(&CronRemoval::Name("gone".to_owned())).await.unwrap(), 0);
    assert_eq!(rig.all().await, []);
}
