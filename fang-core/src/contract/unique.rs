use super::Rig;
use super::acts::{both, id, numbers, task, unique};
use crate::new_task::NewTask;
use crate::store::{Change, Removal, Verdict};
use std::time::Duration;

/// Asserts that task 1 is alive and keeps a duplicate out.
async fn assert_kept_out(rig: &dyn Rig, when: &str) {
    let told = rig.insert(&[unique(9, "x")]).await;
    assert_eq!((told[0].id, told[0].is_new), (id(1), false), "{when}");
    let kept = rig.find(1).await;
    assert_eq!((told[0].created_at, told[0].scheduled_at), (kept.created_at, kept.scheduled_at), "{when}");
}

/// Asserts that no duplicate is alive, so that the task is inserted.
async fn assert_inserted(rig: &dyn Rig) {
    let told = rig.insert(&[unique(9, "x")]).await;
    assert_eq!((told[0].id, told[0].is_new), (id(9), true));
}

/// The answer names the task that is there already.
pub async fn a_duplicate_of_a_unique_task_is_not_inserted(rig: &dyn Rig) {
    rig.insert(&[unique(1, "x")]).await;
    assert_kept_out(rig, "new").await;
    assert_eq!(rig.all().await, [1]);
}

/// The answers for the others name the first.
pub async fn the_first_of_two_duplicates_in_a_batch_is_inserted(rig: &dyn Rig) {
    let told = rig.insert(&[task(5), unique(3, "x"), unique(1, "x"), unique(2, "y"), unique(4, "x")]).await;
    let told: Vec<_> = told.iter().map(|task| (task.id.as_u128(), task.is_new)).collect();
    assert_eq!(told, [(5, true), (3, true), (3, false), (2, true), (3, false)]);
    assert_eq!(rig.all().await, [5, 3, 2]);
}

/// The batches have the tasks in opposite orders.
pub async fn two_batches_of_the_same_unique_tasks_do_not_deadlock(rig: &dyn Rig) {
    let batch = |numbers: std::ops::Range<u128>| -> Vec<_> {
        numbers.map(|n| unique(n, &format!("{}", n % 1_000))).collect()
    };
    let (forwards, mut backwards) = (batch(0..1_000), batch(1_000..2_000));
    backwards.reverse();
    let [one, other] = both(rig.insert(&forwards), rig.insert(&backwards)).await;
    let count = one.iter().chain(&other).filter(|task| task.is_new).count();
    assert_eq!((count, rig.all().await.len()), (1_000, 1_000));
}

/// A task of another task type is a duplicate too.
pub async fn a_unique_task_is_unique_among_all_task_types(rig: &dyn Rig) {
    rig.insert(&[unique(1, "x")]).await;
    let told = rig.insert(&[unique(2, "x").task_type("other")]).await;
    assert_eq!((told[0].id, told[0].is_new), (id(1), false));
}

/// Even if a unique task has the same payload.
pub async fn a_task_that_is_not_unique_is_always_inserted(rig: &dyn Rig) {
    let plain = |n| NewTask { uniq_hash: None, ..unique(n, "x") };
    let told = rig.insert(&[unique(1, "x"), plain(2), plain(3)]).await;
    assert!(told.iter().all(|task| task.is_new));
}

/// A task that runs, was released, waits for a retry or was rescued is alive.
pub async fn a_unique_task_keeps_others_out_until_it_is_over(rig: &dyn Rig) {
    rig.insert(&[unique(1, "x")]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    assert_kept_out(rig, "in progress").await;
    let failed = Verdict::Retry { delay: Duration::ZERO, error: "no".to_owned() };
    assert!(rig.finish(worker, &claimed, failed).await);
    assert_kept_out(rig, "retried").await;
    let claimed = rig.claim_one(worker).await;
    assert!(rig.finish(worker, &claimed, Verdict::Release { delay: Duration::ZERO, has_begun: false }).await);
    assert_kept_out(rig, "released").await;
    rig.claim_one(worker).await;
    rig.retire(worker).await;
    rig.rescue().await;
    assert_kept_out(rig, "rescued").await;
    assert_eq!(rig.all().await, [1]);
}

/// Whether its row is kept or removed.
pub async fn a_finished_task_is_no_longer_unique(rig: &dyn Rig) {
    rig.run(unique(1, "x"), Verdict::Keep).await;
    assert_inserted(rig).await;
    rig.run_waiting(Verdict::Remove).await;
    assert_inserted(rig).await;
}

impl dyn Rig + '_ {
    async fn run_waiting(&self, verdict: Verdict) {
        let worker = self.worker().await;
        let claimed = self.claim_one(worker).await;
        assert!(self.finish(worker, &claimed, verdict).await);
    }
}

/// The same task may be inserted again.
pub async fn a_failed_task_is_no_longer_unique(rig: &dyn Rig) {
    rig.run(unique(1, "x"), Verdict::Fail { error: "no".to_owned() }).await;
    assert_inserted(rig).await;
}

/// The same task may be inserted again.
pub async fn a_removed_or_cancelled_task_is_no_longer_unique(rig: &dyn Rig) {
    rig.insert(&[unique(1, "x")]).await;
    rig.store().remove(&Removal::Id(id(1))).await.unwrap();
    rig.insert(&[unique(2, "x")]).await;
    assert!(rig.change(2, Change::Cancel).await);
    assert_inserted(rig).await;
}

/// Two equal unique tasks would be alive.
pub async fn a_failed_task_is_not_retried_while_a_duplicate_is_alive(rig: &dyn Rig) {
    rig.run(unique(1, "x"), Verdict::Fail { error: "no".to_owned() }).await;
    rig.insert(&[unique(2, "x")]).await;
    assert!(!rig.change(1, Change::Retry).await);
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    assert_eq!(numbers(std::slice::from_ref(&claimed)), [2]);
    assert!(!rig.change(1, Change::Retry).await, "a duplicate runs");
    assert!(rig.finish(worker, &claimed, Verdict::Keep).await);
    assert!(rig.change(1, Change::Retry).await, "the duplicate is over");
    assert_kept_out(rig, "retried by hand").await;
}
