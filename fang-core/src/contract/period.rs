use super::Rig;
use super::acts::{HOUR, MINUTE, both, id, unique_by};
use crate::new_task::NewTask;
use crate::store::{Change, InsertOutcome, Prune, Removal, Verdict};
use crate::unique::Unique;
use std::time::Duration;

/// Task number `n`, unique within an hour by one key.
fn hourly(n: u128) -> NewTask {
    hourly_of(n, "x")
}

fn hourly_of(n: u128, key: &str) -> NewTask {
    unique_by(n, Unique::key(key).within(HOUR))
}

async fn outcome(rig: &dyn Rig, task: NewTask) -> (u128, InsertOutcome) {
    let told = rig.insert(&[task]).await;
    (told[0].id.as_u128(), told[0].outcome)
}

const NEW: InsertOutcome = InsertOutcome::New;
const KEPT: InsertOutcome = InsertOutcome::Kept;

/// The row of the task may be gone.
pub async fn a_period_continues_after_its_task_has_finished(rig: &dyn Rig) {
    let first = rig.insert(&[hourly(1)]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    assert_eq!(outcome(rig, hourly(2)).await, (1, KEPT), "while it runs");
    assert!(rig.finish(worker, &claimed, Verdict::Remove).await);
    let told = rig.insert(&[hourly(3)]).await;
    assert_eq!((told[0].id, told[0].outcome), (id(1), KEPT));
    assert_eq!((told[0].created_at, told[0].scheduled_at), (first[0].created_at, first[0].scheduled_at));
    assert_eq!(rig.all().await, []);
    rig.advance(HOUR - MINUTE).await;
    assert_eq!(
        outcome(rig, hourly(4)).await,
        (1, KEPT),
        "an insert that was kept out does not prolong the period"
    );
    rig.advance(MINUTE * 2).await;
    assert_eq!(outcome(rig, hourly(5)).await, (5, NEW));
    assert_eq!(outcome(rig, hourly(6)).await, (5, KEPT), "a new period has begun");
}

/// A period counts from the insert, whatever the state of the task.
pub async fn a_period_ends_even_while_its_task_waits(rig: &dyn Rig) {
    rig.insert(&[hourly(1).delay(HOUR * 9)]).await;
    rig.advance(HOUR + MINUTE).await;
    assert_eq!(outcome(rig, hourly(2)).await, (2, NEW));
    assert_eq!(rig.all().await, [2, 1]);
}

/// A period counts from the insert, whatever the state of the task.
pub async fn a_period_continues_after_its_task_failed_or_was_cancelled_or_removed(rig: &dyn Rig) {
    rig.run(hourly_of(1, "a"), Verdict::Fail { error: "no".to_owned() }).await;
    rig.insert(&[hourly_of(2, "b"), hourly_of(3, "c")]).await;
    assert!(rig.change(2, Change::Cancel).await);
    assert_eq!(rig.store().remove(&Removal::Id(id(3))).await.unwrap(), 1);
    for (n, key) in [(1, "a"), (2, "b"), (3, "c")] {
        assert_eq!(outcome(rig, hourly_of(n + 10, key)).await, (n, KEPT), "{key}");
    }
}

/// The removal of one task by its id does not end the period.
pub async fn a_period_ends_when_its_hash_or_everything_is_removed(rig: &dyn Rig) {
    rig.insert(&[hourly(1)]).await;
    let hash = hourly(1).uniq_hash.unwrap();
    assert_eq!(rig.store().remove(&Removal::Unique(hash.clone())).await.unwrap(), 1);
    assert_eq!(outcome(rig, hourly(2)).await, (2, NEW));
    rig.store().remove(&Removal::Id(id(2))).await.unwrap();
    assert_eq!(
        rig.store().remove(&Removal::Unique(hash)).await.unwrap(),
        0,
        "no task is removed: only the period was left"
    );
    assert_eq!(outcome(rig, hourly(3)).await, (3, NEW));
    rig.store().remove(&Removal::All).await.unwrap();
    assert_eq!(outcome(rig, hourly(4)).await, (4, NEW));
}

/// The first answer was lost, and the task ran meanwhile.
pub async fn a_repeated_insert_within_its_own_period_does_not_run_the_task_again(rig: &dyn Rig) {
    let first = rig.insert(&[hourly(1)]).await;
    assert_eq!(rig.insert(&[hourly(1)]).await, first);
    rig.run_waiting_hourly().await;
    assert_eq!(rig.insert(&[hourly(1)]).await, first);
    assert_eq!(rig.all().await, []);
}

impl dyn Rig + '_ {
    async fn run_waiting_hourly(&self) {
        let worker = self.worker().await;
        let claimed = self.claim_one(worker).await;
        assert!(self.finish(worker, &claimed, Verdict::Remove).await);
    }
}

/// The period is over, but the row of the finished task is still there.
pub async fn a_repeated_insert_of_a_kept_task_starts_no_period(rig: &dyn Rig) {
    rig.run(hourly(1), Verdict::Keep).await;
    rig.advance(HOUR * 2).await;
    assert_eq!(outcome(rig, hourly(1)).await, (1, NEW));
    assert_eq!(outcome(rig, hourly(2)).await, (2, NEW));
}

/// The batch also contains tasks that are unique in other ways.
pub async fn the_first_task_of_a_key_in_a_batch_starts_the_period(rig: &dyn Rig) {
    let alive = unique_by(2, Unique::key("x"));
    let batch = [hourly(5), alive, hourly(3), super::acts::task(4), hourly_of(1, "y"), hourly(6)];
    let told = rig.insert(&batch).await;
    let told: Vec<_> = told.iter().map(|told| (told.id.as_u128(), told.outcome)).collect();
    assert_eq!(told, [(5, NEW), (2, NEW), (5, KEPT), (4, NEW), (1, NEW), (5, KEPT)]);
    assert_eq!(rig.all().await, [5, 4, 2, 1]);
}

/// The same key without a period, or until started, is another way of being unique.
pub async fn a_period_keeps_out_only_tasks_with_the_same_period_key(rig: &dyn Rig) {
    rig.insert(&[hourly(1)]).await;
    for (n, unique) in (2..).zip([Unique::key("x"), Unique::key("x").until_started(), Unique::payload()]) {
        assert_eq!(outcome(rig, unique_by(n, unique)).await, (n, NEW));
    }
    let minutely = Unique::key("x").within(MINUTE);
    assert_eq!(
        outcome(rig, unique_by(9, minutely)).await,
        (1, KEPT),
        "the period of the first insert counts"
    );
}

/// The batches have the tasks in opposite orders.
pub async fn two_batches_of_the_same_periods_do_not_deadlock(rig: &dyn Rig) {
    let batch = |numbers: std::ops::Range<u128>| -> Vec<_> {
        numbers.map(|n| hourly_of(n, &format!("{}", n % 500))).collect()
    };
    let (forwards, mut backwards) = (batch(0..500), batch(1_000..1_500));
    backwards.reverse();
    let [one, other] = both(rig.insert(&forwards), rig.insert(&backwards)).await;
    let count = one.iter().chain(&other).filter(|task| task.is_new).count();
    assert_eq!((count, rig.all().await.len()), (500, 500));
}

/// At most as many as its limit. It keeps periods that are not over.
pub async fn a_prune_removes_periods_that_are_over(rig: &dyn Rig) {
    let batch: Vec<_> = (1..=5).map(|n| hourly_of(n, &n.to_string())).collect();
    rig.insert(&batch).await;
    rig.advance(HOUR * 2).await;
    rig.insert(&[hourly_of(6, "6")]).await;
    let prune = Prune { older_than: None, limit: 2 };
    for expected in [2, 2, 1, 0] {
        assert_eq!(rig.store().prune(&prune).await.unwrap(), expected);
    }
    assert_eq!(outcome(rig, hourly_of(7, "6")).await, (6, KEPT));
    assert_eq!(rig.all().await.len(), 6, "the tasks stay");
}

/// It is over at once.
pub async fn a_period_of_zero_keeps_no_task_out(rig: &dyn Rig) {
    let never = |n| unique_by(n, Unique::key("x").within(Duration::ZERO));
    let told = rig.insert(&[never(1), never(2)]).await;
    assert!(told.iter().all(|told| told.is_new));
}
