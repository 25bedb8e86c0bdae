use super::Rig;
use super::acts::{HOUR, MINUTE, both, id, task};
use crate::new_task::NewTask;
use crate::schedule::{Cron, Missed};
use crate::store::{NewCron, Removal, Tick, Verdict};
use std::time::Duration;
use uuid::Uuid;

/// A cron that ticks every hour. Its first tick is task 1, due in an hour.
pub(super) async fn hourly(rig: &dyn Rig, missed: Missed) -> NewCron {
    let cron = NewCron {
        name: "hourly".to_owned(),
        cron: Cron::every(HOUR).missed(missed),
        task: NewTask { id: id(1), ..task(1) },
        first: rig.now().await + HOUR,
    };
    rig.store().sync_cron(&cron).await.unwrap();
    cron
}

/// Fires the crons that are due, as a pool does, and returns how many it fired. Their tasks get numbers from `n` on.
pub(super) async fn look(rig: &dyn Rig, n: u128) -> usize {
    let mut ids = (n..).map(id);
    let mut fired = 0;
    for due in rig.store().crons().await.unwrap().due {
        let tick = due.tick(|| ids.next().unwrap()).unwrap();
        fired += usize::from(rig.store().fire(&tick).await.unwrap());
    }
    fired
}

/// This is the default policy.
pub async fn missed_ticks_are_coalesced_into_one_late_tick(rig: &dyn Rig) {
    hourly(rig, Missed::default()).await;
    rig.advance(HOUR * 5 + MINUTE * 10).await;
    assert_eq!(look(rig, 2).await, 1);
    assert_eq!(rig.all().await, [2, 1]);
    assert_eq!(rig.waiting_minutes().await, [4 * 60 + 10, -50]);
    assert_eq!(look(rig, 9).await, 0);
}

/// Its task, which was inserted ahead of its time, is removed.
pub async fn a_missed_tick_that_waits_is_skipped(rig: &dyn Rig) {
    hourly(rig, Missed::Skip).await;
    rig.advance(HOUR * 5 + MINUTE * 10).await;
    assert_eq!(look(rig, 2).await, 1);
    assert_eq!(rig.all().await, [2]);
    assert_eq!(rig.waiting_minutes().await, [-50]);
    rig.advance(HOUR).await;
    assert_eq!(look(rig, 3).await, 1, "the tick was missed by ten minutes");
    assert_eq!(rig.waiting_minutes().await, [-50]);
}

/// A tick that is ten seconds late is inserted. A tick that is hours late is removed.
pub async fn a_tick_that_is_a_little_late_is_not_skipped(rig: &dyn Rig) {
    hourly(rig, Missed::Skip).await;
    rig.advance(HOUR + Duration::from_secs(10)).await;
    look(rig, 2).await;
    assert_eq!(rig.waiting_minutes().await, [0, -60]);
    rig.advance(HOUR * 3).await;
    look(rig, 10).await;
    assert_eq!(rig.all().await, [11, 10, 1], "the tick that was found in time stays");
    assert_eq!(rig.waiting_minutes().await, [180, 0, -60]);
}

/// Its result is accepted.
pub async fn a_missed_tick_that_runs_already_is_not_skipped(rig: &dyn Rig) {
    hourly(rig, Missed::Skip).await;
    rig.advance(HOUR * 5 + MINUTE * 10).await;
    let worker = rig.worker().await;
    let running = rig.claim_one(worker).await;
    look(rig, 2).await;
    assert_eq!(rig.all().await, [2, 1]);
    assert!(rig.finish(worker, &running, Verdict::Remove).await);
    assert_eq!(rig.waiting_minutes().await, [-50]);
}

/// The policy says how many are caught up.
pub async fn the_newest_missed_ticks_are_caught_up_and_the_oldest_dropped(rig: &dyn Rig) {
    hourly(rig, Missed::CatchUp(3)).await;
    rig.advance(HOUR * 3 + MINUTE * 10).await;
    look(rig, 2).await;
    assert_eq!(rig.waiting_minutes().await, [130, 70, 10, -50], "all missed ticks are caught up");
    rig.store().remove(&Removal::All).await.unwrap();
    hourly(rig, Missed::CatchUp(3)).await;
    rig.advance(HOUR * 30 + MINUTE * 10).await;
    look(rig, 6).await;
    assert_eq!(rig.waiting_minutes().await, [130, 70, 10, -50]);
    let worker = rig.worker().await;
    assert_eq!(rig.claim(worker, 10).await.len(), 3);
}

/// The second one is refused, as for a single tick.
pub async fn two_pools_catch_up_missed_ticks_once(rig: &dyn Rig) {
    hourly(rig, Missed::CatchUp(100)).await;
    rig.advance(HOUR * 20 + MINUTE).await;
    let due = rig.store().crons().await.unwrap().due.remove(0);
    let (mut one_ids, mut other_ids) = ((100..).map(id), (200..).map(id));
    let one = due.tick(|| one_ids.next().unwrap()).unwrap();
    let other = due.tick(|| other_ids.next().unwrap()).unwrap();
    let store = rig.store();
    let fired = both(store.fire(&one), store.fire(&other)).await.map(Result::unwrap);
    assert_eq!(fired.into_iter().filter(|fired| *fired).count(), 1);
    assert_eq!(rig.waiting_minutes().await.len(), 21);
}

/// The cron is removed with the same call.
pub async fn a_cron_without_a_next_tick_catches_up_its_missed_ticks(rig: &dyn Rig) {
    let cron = hourly(rig, Missed::CatchUp(3)).await;
    rig.advance(HOUR * 3).await;
    let due = rig.store().crons().await.unwrap().due.remove(0);
    let late = vec![(due.last_tick + HOUR, id(2))];
    let tick =
        Tick { late, dropped: Some(due.task_id), ..Tick::new(&cron.name, due.last_tick, None, Uuid::max()) };
    assert!(rig.store().fire(&tick).await.unwrap());
    assert!(!rig.store().fire(&tick).await.unwrap());
    assert_eq!(rig.all().await, [2]);
    assert_eq!(rig.store().list_crons().await.unwrap(), []);
}
