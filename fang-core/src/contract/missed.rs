use super::Rig;
use super::acts::{HOUR, MINUTE, both, id, task};
use crate::new_task::NewTask;
use crate::schedule::{Cron, Missed};
use crate::store::{NewCron, Removal, Tick, Verdict};
use std::time::Duration;
use uuid::Uuid;

/// A cron that ticks every hour, the first time in an hour, as task number 1.
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

/// What a pool does: looks, and fires what is due; returns how many crons it fired. Tasks get numbers
/// from `n` on.
pub(super) async fn look(rig: &dyn Rig, n: u128) -> usize {
    let mut ids = (n..).map(id);
    let mut fired = 0;
    for due in rig.store().crons().await.unwrap().due {
        let tick = due.tick(|| ids.next().unwrap()).unwrap();
        fired += usize::from(rig.store().fire(&tick).await.unwrap());
    }
    fired
}

/// The default policy.
pub async fn ticks_missed_while_nobody_looked_are_one_which_runs_late(rig: &dyn Rig) {
    hourly(rig, Missed::default()).await;
    rig.advance(HOUR * 5 + MINUTE * 10).await;
    assert_eq!(look(rig, 2).await, 1);
    assert_eq!(rig.all().await, [2, 1]);
    assert_eq!(rig.waiting_minutes().await, [4 * 60 + 10, -50]);
    assert_eq!(look(rig, 9).await, 0);
}

/// Though its task was there, one tick ahead.
pub async fn a_missed_tick_that_waits_is_skipped(rig: &dyn Rig) {
    hourly(rig, Missed::Skip).await;
    rig.advance(HOUR * 5 + MINUTE * 10).await;
    assert_eq!(look(rig, 2).await, 1);
    assert_eq!(rig.all().await, [2]);
    assert_eq!(rig.waiting_minutes().await, [-50]);
    rig.advance(HOUR).await;
    assert_eq!(look(rig, 3).await, 1, "missed by ten minutes, and not past the following one");
    assert_eq!(rig.waiting_minutes().await, [-50]);
}

/// The tick before it was missed and goes; this one is inserted.
pub async fn a_tick_that_is_a_little_late_is_not_skipped(rig: &dyn Rig) {
    hourly(rig, Missed::Skip).await;
    rig.advance(HOUR + Duration::from_secs(10)).await;
    look(rig, 2).await;
    assert_eq!(rig.waiting_minutes().await, [0, -60]);
    rig.advance(HOUR * 3).await;
    look(rig, 10).await;
    assert_eq!(rig.all().await, [11, 10, 1], "1 was found in time, whether it ran since or not");
    assert_eq!(rig.waiting_minutes().await, [180, 0, -60]);
}

/// Whoever claimed it goes on.
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

/// As many as the policy says.
pub async fn the_newest_missed_ticks_are_caught_up_and_the_oldest_dropped(rig: &dyn Rig) {
    hourly(rig, Missed::CatchUp(3)).await;
    rig.advance(HOUR * 3 + MINUTE * 10).await;
    look(rig, 2).await;
    assert_eq!(rig.waiting_minutes().await, [130, 70, 10, -50], "none more were missed");
    rig.store().remove(&Removal::All).await.unwrap();
    hourly(rig, Missed::CatchUp(3)).await;
    rig.advance(HOUR * 30 + MINUTE * 10).await;
    look(rig, 6).await;
    assert_eq!(rig.waiting_minutes().await, [130, 70, 10, -50]);
    let worker = rig.worker().await;
    assert_eq!(rig.claim(worker, 10).await.len(), 3);
}

/// As with a single one, the first who fires wins.
pub async fn ticks_are_caught_up_once_however_many_see_them(rig: &dyn Rig) {
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

/// And is gone then.
pub async fn a_cron_that_is_over_catches_up_what_it_missed(rig: &dyn Rig) {
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
