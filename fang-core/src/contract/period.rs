use super::Rig;
use super::acts::{HOUR, MINUTE, both, id, unique_by};
use crate::new_task::NewTask;
use crate::store::{InsertOutcome, Prune, Removal, Verdict};
use crate::unique::Unique;
use std::time::Duration;

/// Task number `n`, one of which is inserted in an hour.
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

/// Its row is gone, and the hour is not over.
pub async fn a_period_goes_on_when_its_task_has_ended_and_is_gone(rig: &dyn Rig) {
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
    assert_eq!(outcome(rig, hourly(4)).await, (1, KEPT), "the insert that was kept out prolongs nothing");
    rig.advance(MINUTE * 2).await;
    assert_eq!(outcome(rig, hourly(5)).await, (5, NEW));
    assert_eq!(outcome(rig, hourly(6)).await, (5, KEPT), "another hour has begun");
}

/// It counts inserts, not tasks.
pub async fn a_period_ends_though_its_task_still_waits(rig: &dyn Rig) {
    rig.insert(&[hourly(1).delay(HOUR * 9)]).await;
    rig.advance(HOUR + MINUTE).await;
    assert_eq!(outcome(rig, hourly(2)).await, (2, NEW));
    assert_eq!(rig.all().await, [2, 1]);
}

/// Failed, cancelled or removed: it was inserted within the hour.
pub async fn a_period_goes_on_whatever_becomes_of_its_task(rig: &dyn Rig) {
    rig.run(hourly_of(1, "a"), Verdict::Fail { error: "no".to_owned() }).await;
    rig.insert(&[hourly_of(2, "b"), hourly_of(3, "c")]).await;
    assert!(rig.store().cancel(id(2)).await.unwrap());
    assert_eq!(rig.store().remove(&Removal::Id(id(3))).await.unwrap(), 1);
    for (n, key) in [(1, "a"), (2, "b"), (3, "c")] {
        assert_eq!(outcome(rig, hourly_of(n + 10, key)).await, (n, KEPT), "{key}");
    }
}

/// By hash, or with all tasks.
pub async fn a_period_ends_when_its_hash_or_everything_is_removed(rig: &dyn Rig) {
    rig.insert(&[hourly(1)]).await;
    let hash = hourly(1).uniq_hash.unwrap();
    assert_eq!(rig.store().remove(&Removal::Unique(hash.clone())).await.unwrap(), 1);
    assert_eq!(outcome(rig, hourly(2)).await, (2, NEW));
    rig.store().remove(&Removal::Id(id(2))).await.unwrap();
    assert_eq!(
        rig.store().remove(&Removal::Unique(hash)).await.unwrap(),
        0,
        "the period of a row that is gone"
    );
    assert_eq!(outcome(rig, hourly(3)).await, (3, NEW));
    rig.store().remove(&Removal::All).await.unwrap();
    assert_eq!(outcome(rig, hourly(4)).await, (4, NEW));
}

/// The answer was lost, and meanwhile it ran.
pub async fn a_repeated_insert_within_its_own_period_runs_nothing_again(rig: &dyn Rig) {
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

/// It does not begin its period anew either.
pub async fn a_repeated_insert_of_a_row_that_is_there_takes_no_period(rig: &dyn Rig) {
    rig.run(hourly(1), Verdict::Keep).await;
    rig.advance(HOUR * 2).await;
    assert_eq!(outcome(rig, hourly(1)).await, (1, NEW));
    assert_eq!(outcome(rig, hourly(2)).await, (2, NEW));
}

/// Beside tasks of all other ways, in the order of the batch.
pub async fn of_one_key_twice_in_a_batch_the_first_takes_the_period(rig: &dyn Rig) {
    let alive = unique_by(2, Unique::key("x"));
    let batch = [hourly(5), alive, hourly(3), super::acts::task(4), hourly_of(1, "y"), hourly(6)];
    let told = rig.insert(&batch).await;
    let told: Vec<_> = told.iter().map(|told| (told.id.as_u128(), told.outcome)).collect();
    assert_eq!(told, [(5, NEW), (2, NEW), (5, KEPT), (4, NEW), (1, NEW), (5, KEPT)]);
    assert_eq!(rig.all().await, [5, 4, 2, 1]);
}

/// Two ways of being unique do not see each other.
pub async fn a_period_holds_up_only_tasks_of_the_same_period_key(rig: &dyn Rig) {
    rig.insert(&[hourly(1)]).await;
    for (n, unique) in (2..).zip([Unique::key("x"), Unique::key("x").until_started(), Unique::payload()]) {
        assert_eq!(outcome(rig, unique_by(n, unique)).await, (n, NEW));
    }
    let minutely = Unique::key("x").within(MINUTE);
    assert_eq!(outcome(rig, unique_by(9, minutely)).await, (1, KEPT), "the hour was chosen by who holds it");
}

/// Whichever of them comes first.
pub async fn two_batches_of_the_same_periods_do_not_lock_each_other_out(rig: &dyn Rig) {
    let batch = |numbers: std::ops::Range<u128>| -> Vec<_> {
        numbers.map(|n| hourly_of(n, &format!("{}", n % 500))).collect()
    };
    let (forwards, mut backwards) = (batch(0..500), batch(1_000..1_500));
    backwards.reverse();
    let [one, other] = both(rig.insert(&forwards), rig.insert(&backwards)).await;
    let count = one.iter().chain(&other).filter(|task| task.is_new).count();
    assert_eq!((count, rig.all().await.len()), (500, 500));
}

/// Batch by batch; those that go on stay.
pub async fn a_prune_forgets_periods_that_are_over(rig: &dyn Rig) {
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

/// Nothing but a wish for one.
pub async fn a_period_of_no_time_holds_up_nobody(rig: &dyn Rig) {
    let never = |n| unique_by(n, Unique::key("x").within(Duration::ZERO));
    let told = rig.insert(&[never(1), never(2)]).await;
    assert!(told.iter().all(|told| told.is_new));
}
