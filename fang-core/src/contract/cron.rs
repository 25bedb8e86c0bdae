use super::Rig;
use super::acts::{HOUR, MINUTE, assert_about, both, id, task, unique};
use crate::new_task::NewTask;
use crate::schedule::{Cron, Missed};
use crate::store::{Crons, Filter, NewCron, Pause, SavedCron, Tick, Verdict};
use crate::task::{FangTaskState, Mode, Priority};
use std::time::Duration;

/// A cron called `name`, whose first tick is task `n`, due after `wait`. Stores do not read patterns.
async fn cron(rig: &dyn Rig, name: &str, n: u128, wait: Duration) -> NewCron {
    let task = NewTask { id: id(n), ..task(1) };
    NewCron { name: name.to_owned(), cron: Cron::new("0 0 * * * * *"), task, first: rig.now().await + wait }
}

async fn sync(rig: &dyn Rig, cron: &NewCron) -> SavedCron {
    rig.store().sync_cron(cron).await.unwrap()
}

async fn crons(rig: &dyn Rig) -> Crons {
    rig.store().crons().await.unwrap()
}

/// The task of the first tick is inserted ahead of its time. Scheduling the same cron again returns it.
pub async fn a_cron_is_saved_once_with_its_first_tick(rig: &dyn Rig) {
    let first = cron(rig, "hourly", 1, HOUR).await;
    let saved = SavedCron { last_tick: first.first, task_id: id(1) };
    assert_eq!(sync(rig, &first).await, saved);
    assert_eq!(sync(rig, &cron(rig, "hourly", 2, HOUR * 2).await).await, saved);
    assert_eq!(rig.all().await, [1]);
    let tick = rig.find(1).await;
    assert_eq!((tick.state, tick.scheduled_at), (FangTaskState::New, first.first));
}

/// Both get the same answer.
pub async fn a_cron_that_two_processes_schedule_at_once_is_saved_once(rig: &dyn Rig) {
    let (one, other) = (cron(rig, "hourly", 1, HOUR).await, cron(rig, "hourly", 2, HOUR).await);
    let [one, other] = both(sync(rig, &one), sync(rig, &other)).await;
    assert_eq!(one, other);
    assert_eq!(rig.all().await.len(), 1);
}

/// The old tick is removed.
pub async fn a_changed_pattern_replaces_the_waiting_tick(rig: &dyn Rig) {
    sync(rig, &cron(rig, "hourly", 1, HOUR).await).await;
    let changed = NewCron { cron: Cron::new("0 30 * * * * *"), ..cron(rig, "hourly", 2, MINUTE).await };
    assert_eq!(sync(rig, &changed).await, SavedCron { last_tick: changed.first, task_id: id(2) });
    assert_eq!(rig.all().await, [2]);
    rig.advance(MINUTE).await;
    let due = crons(rig).await.due;
    assert_eq!(due.iter().map(|cron| cron.cron.pattern.as_str()).collect::<Vec<_>>(), ["0 30 * * * * *"]);
}

/// A change of the payload, task type, mode or priority counts.
pub async fn a_changed_task_replaces_the_waiting_tick(rig: &dyn Rig) {
    let mut changed = cron(rig, "hourly", 1, HOUR).await;
    sync(rig, &changed).await;
    let changes: [fn(&mut NewTask); 4] = [
        |task| task.metadata = r#"{"type":"Contract","n":7}"#.to_owned(),
        |task| task.task_type = "other".to_owned(),
        |task| task.mode = Mode::Blocking,
        |task| task.priority = Priority::Low,
    ];
    for (n, change) in (2..).zip(changes) {
        change(&mut changed.task);
        changed.task.id = id(n);
        assert_eq!(sync(rig, &changed).await.task_id, id(n));
        assert_eq!(rig.all().await, [n]);
    }
    let kept = rig.find(5).await;
    assert_eq!((kept.task_type.as_str(), kept.mode, kept.priority), ("other", Mode::Blocking, Priority::Low));
    assert_eq!(kept.kind(), Some("Contract"));
}

/// Retries, tags, headers, and how long the row is kept. Other headers alone change nothing.
pub async fn every_tick_has_the_options_of_its_cron(rig: &dyn Rig) {
    let mut hourly = cron(rig, "hourly", 1, HOUR).await;
    hourly.task = hourly.task.max_retries(2).tag("acme").header("tenant", "7").keep(MINUTE);
    sync(rig, &hourly).await;
    let (seen, next) = (hourly.first, hourly.first + HOUR);
    let late = [(seen + MINUTE, id(2))];
    let tick = Tick { name: "hourly", seen, next: Some(next), id: id(3), late: late.to_vec(), dropped: None };
    assert!(rig.store().fire(&tick).await.unwrap());
    assert!(rig.store().run_cron("hourly", id(4)).await.unwrap());
    for n in 1..=4 {
        let task = rig.find(n).await;
        assert_eq!(
            (task.max_retries, task.tags, task.keep),
            (Some(2), vec!["acme".to_owned()], Some(MINUTE))
        );
        assert_eq!(task.headers["tenant"], "7");
    }
    let other_headers =
        NewCron { task: hourly.task.clone().with_id(id(5)).header("tenant", "8"), ..hourly.clone() };
    assert_eq!(sync(rig, &other_headers).await.task_id, id(3));
    let other_tag = NewCron { task: hourly.task.clone().with_id(id(6)).tag("more"), ..hourly };
    assert_eq!(sync(rig, &other_tag).await.task_id, id(6));
}

/// Even if the first tick is at the same instant.
pub async fn a_changed_zone_or_policy_replaces_the_waiting_tick(rig: &dyn Rig) {
    let mut changed = cron(rig, "hourly", 1, HOUR).await;
    sync(rig, &changed).await;
    changed.task.id = id(2);
    changed.cron = changed.cron.time_zone("Europe/Berlin");
    sync(rig, &changed).await;
    assert_eq!(rig.all().await, [2]);
    changed.task.id = id(3);
    changed.cron = changed.cron.missed(Missed::CatchUp(7));
    sync(rig, &changed).await;
    assert_eq!(rig.all().await, [3]);
    rig.advance(HOUR).await;
    assert_eq!(crons(rig).await.due[0].cron, changed.cron);
}

/// Its result is accepted.
pub async fn a_changed_pattern_leaves_a_running_tick_alone(rig: &dyn Rig) {
    sync(rig, &cron(rig, "hourly", 1, MINUTE).await).await;
    rig.advance(MINUTE).await;
    let worker = rig.worker().await;
    let running = rig.claim_one(worker).await;
    let changed = NewCron { cron: Cron::new("0 30 * * * * *"), ..cron(rig, "hourly", 2, HOUR).await };
    sync(rig, &changed).await;
    assert_eq!(rig.all().await, [2, 1]);
    assert!(rig.finish(worker, &running, Verdict::Keep).await);
}

/// It waits for a worker. The next tick is that of the changed cron.
pub async fn a_changed_pattern_leaves_an_overdue_tick_alone(rig: &dyn Rig) {
    sync(rig, &cron(rig, "hourly", 1, MINUTE).await).await;
    rig.advance(MINUTE * 2).await;
    let changed = NewCron { cron: Cron::new("0 30 * * * * *"), ..cron(rig, "hourly", 2, HOUR).await };
    assert_eq!(sync(rig, &changed).await, SavedCron { last_tick: changed.first, task_id: id(2) });
    assert_eq!(rig.all().await, [2, 1]);
    let worker = rig.worker().await;
    assert_eq!(rig.claim_one(worker).await.id, id(1));
}

/// A tick that was missed does not run, as the policy says.
pub async fn a_changed_pattern_replaces_a_missed_tick_of_a_cron_that_skips_them(rig: &dyn Rig) {
    let mut skips = cron(rig, "hourly", 1, MINUTE).await;
    skips.cron = skips.cron.missed(Missed::Skip);
    sync(rig, &skips).await;
    rig.advance(MINUTE * 5 / 2).await;
    let changed = NewCron { cron: Cron::new("0 30 * * * * *"), ..cron(rig, "hourly", 2, HOUR).await };
    sync(rig, &changed).await;
    assert_eq!(rig.all().await, [2]);
}

/// Until then, the store says how long that takes.
pub async fn a_cron_needs_a_tick_only_once_the_last_one_is_due(rig: &dyn Rig) {
    assert!(crons(rig).await.next_in.is_none(), "there is no cron");
    sync(rig, &cron(rig, "second", 2, HOUR * 3).await).await;
    sync(rig, &cron(rig, "first", 1, HOUR).await).await;
    let early = crons(rig).await;
    assert_eq!(early.due, []);
    assert_about(early.next_in, HOUR);
    rig.advance(HOUR).await;
    let late = crons(rig).await;
    assert_eq!(late.due.len(), 1);
    let due = &late.due[0];
    assert_eq!((due.name.as_str(), due.cron.pattern.as_str()), ("first", "0 0 * * * * *"));
    assert_about((due.now - due.last_tick).to_std().ok(), Duration::ZERO);
    assert_about((rig.now().await - due.now).to_std().ok(), Duration::ZERO);
    assert_about(late.next_in, HOUR * 2);
}

/// The second one is refused, and stays refused.
pub async fn a_tick_that_two_processes_fire_is_inserted_once(rig: &dyn Rig) {
    sync(rig, &cron(rig, "hourly", 1, HOUR).await).await;
    rig.advance(HOUR).await;
    let due = crons(rig).await.due.remove(0);
    let tick = |n| Tick::new("hourly", due.last_tick, Some(due.last_tick + HOUR), id(n));
    let store = rig.store();
    let (tick_2, tick_3) = (tick(2), tick(3));
    let fired = both(store.fire(&tick_2), store.fire(&tick_3)).await.map(Result::unwrap);
    assert_eq!(fired.into_iter().filter(|fired| *fired).count(), 1);
    assert!(!store.fire(&tick(4)).await.unwrap());
    assert_eq!(rig.all().await, [if fired[0] { 2 } else { 3 }, 1]);
    let after = crons(rig).await;
    assert_eq!(after.due, []);
    assert_about(after.next_in, HOUR);
}

/// It is due at its own time.
pub async fn a_later_tick_inserts_the_same_task_as_the_first(rig: &dyn Rig) {
    let mut kept = cron(rig, "hourly", 1, HOUR).await;
    kept.task.mode = Mode::Blocking;
    kept.task = kept.task.task_type("heavy").priority(Priority::High);
    sync(rig, &kept).await;
    let next = kept.first + HOUR;
    let tick = Tick::new("hourly", kept.first, Some(next), id(2));
    assert!(rig.store().fire(&tick).await.unwrap());
    let (first, second) = (rig.find(1).await, rig.find(2).await);
    assert_eq!((second.state, second.scheduled_at), (FangTaskState::New, next));
    assert_eq!(second.metadata, first.metadata);
    assert_eq!(
        (second.task_type.as_str(), second.mode, second.priority),
        ("heavy", Mode::Blocking, Priority::High)
    );
}

/// A slow run must not cost the next tick.
pub async fn the_ticks_of_a_unique_task_do_not_keep_each_other_out(rig: &dyn Rig) {
    let mut kept = cron(rig, "hourly", 1, HOUR).await;
    kept.task = unique(1, "x");
    sync(rig, &kept).await;
    let tick = Tick::new("hourly", kept.first, Some(kept.first + HOUR), id(2));
    assert!(rig.store().fire(&tick).await.unwrap());
    assert!(rig.insert(&[unique(3, "x")]).await[0].is_new, "a tick keeps no other task out");
    assert_eq!(rig.list(Filter { state: Some(FangTaskState::New), ..Filter::default() }).await, [3, 2, 1]);
}

/// Its last task still runs. A process that saw an older tick cannot end the cron.
pub async fn a_cron_without_a_next_tick_is_over(rig: &dyn Rig) {
    let kept = cron(rig, "hourly", 1, HOUR).await;
    sync(rig, &kept).await;
    rig.advance(HOUR).await;
    let seen = crons(rig).await.due.remove(0).last_tick;
    let end = |seen| Tick::new("hourly", seen, None, id(2));
    assert!(!rig.store().fire(&end(seen - HOUR)).await.unwrap());
    assert!(rig.store().fire(&end(seen)).await.unwrap());
    assert_eq!(crons(rig).await.due, []);
    assert_eq!(rig.all().await, [1]);
}

/// It may have been removed meanwhile.
pub async fn no_tick_is_inserted_for_a_missing_cron(rig: &dyn Rig) {
    let now = rig.now().await;
    let tick = Tick::new("gone", now, Some(now + HOUR), id(1));
    assert!(!rig.store().fire(&tick).await.unwrap());
    assert_eq!(rig.all().await, []);
}

/// Its waiting task stays. Later ticks have the new payload, and scheduling it again changes nothing.
pub async fn a_renamed_cron_keeps_its_tick_and_its_pause(rig: &dyn Rig) {
    let old = cron(rig, "hourly", 1, HOUR).await;
    let saved = sync(rig, &old).await;
    let mut new = cron(rig, "every hour", 2, HOUR * 2).await;
    new.task.metadata = r#"{"type":"Contract","n":7}"#.to_owned();
    assert!(rig.store().rename_cron("hourly", &new).await.unwrap());
    assert!(!rig.store().rename_cron("hourly", &new).await.unwrap(), "it is gone");
    assert_eq!((sync(rig, &new).await, rig.all().await), (saved, vec![1]));
    assert!(rig.store().run_cron("every hour", id(3)).await.unwrap());
    assert_eq!(rig.find(3).await.metadata["n"], 7);
    rig.store().pause_cron("every hour", Pause::Begin).await.unwrap();
    assert!(rig.store().rename_cron("every hour", &old).await.unwrap());
    let listed = rig.store().list_crons().await.unwrap();
    assert_eq!((listed.len(), listed[0].name.as_str()), (1, "hourly"));
    assert!(listed[0].paused_at.is_some());
}

/// Else each tick would come twice.
pub async fn a_cron_that_is_renamed_to_another_is_removed(rig: &dyn Rig) {
    sync(rig, &cron(rig, "hourly", 1, HOUR).await).await;
    let other = cron(rig, "every hour", 2, HOUR).await;
    let saved = sync(rig, &other).await;
    assert!(rig.store().rename_cron("hourly", &other).await.unwrap());
    assert_eq!((sync(rig, &other).await, rig.all().await), (saved, vec![2]));
    assert!(!rig.store().run_cron("hourly", id(3)).await.unwrap());
}

/// As after a change of its payload alone, which it then has.
pub async fn a_cron_that_is_renamed_to_its_own_name_stays(rig: &dyn Rig) {
    let mut cron = cron(rig, "hourly", 1, HOUR).await;
    sync(rig, &cron).await;
    cron.task.metadata = r#"{"type":"Contract","n":7}"#.to_owned();
    assert!(rig.store().rename_cron("hourly", &cron).await.unwrap());
    assert_eq!(rig.all().await, [1]);
    assert!(rig.store().run_cron("hourly", id(3)).await.unwrap(), "it is there");
    assert_eq!(rig.find(3).await.metadata["n"], 7);
}

/// A name may be any text.
pub async fn crons_are_distinguished_by_their_names(rig: &dyn Rig) {
    for (n, name) in (1..).zip(["it's", "its", "🦀", "{\"type\":\"Contract\"}"]) {
        sync(rig, &cron(rig, name, n, HOUR).await).await;
    }
    rig.advance(HOUR).await;
    let mut names: Vec<_> = crons(rig).await.due.into_iter().map(|cron| cron.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["it's", "its", "{\"type\":\"Contract\"}", "🦀"]);
}
