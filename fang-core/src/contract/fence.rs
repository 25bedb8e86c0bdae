use super::Rig;
use super::acts::{HOUR, id, task};
use crate::store::{Claimed, Finish, Verdict, WorkerId};
use crate::task::FangTaskState;
use std::time::Duration;

/// Asserts that a late result is not accepted and changes nothing, with any verdict.
async fn assert_refused(rig: &dyn Rig, worker: WorkerId, late: &Claimed) {
    let error = || "late".to_owned();
    for verdict in [
        Verdict::Remove,
        Verdict::Keep,
        Verdict::Retry { delay: HOUR, error: error() },
        Verdict::Fail { error: error() },
        Verdict::Release { delay: HOUR, has_begun: false },
        Verdict::Unknown { delay: HOUR, error: error() },
    ] {
        let before = rig.find(late.id.as_u128()).await;
        assert!(!rig.finish(worker, late, verdict.clone()).await, "{verdict:?} was accepted");
        assert!(rig.find(late.id.as_u128()).await == before, "{verdict:?} changed the task");
    }
}

/// The task was released and claimed again, which raised its lease.
pub async fn a_result_under_an_old_lease_is_refused(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    let old = rig.claim_one(worker).await;
    rig.finish(worker, &old, Verdict::Release { delay: Duration::ZERO, has_begun: false }).await;
    let new = rig.claim_one(worker).await;
    assert_refused(rig, worker, &old).await;
    assert!(rig.finish(worker, &new, Verdict::Keep).await, "the result of the current claim was refused");
}

/// Only the worker that claimed the task may finish it.
pub async fn a_result_of_another_worker_is_refused(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let (worker, other) = (rig.worker().await, rig.worker().await);
    let claimed = rig.claim_one(worker).await;
    assert_refused(rig, other, &claimed).await;
    assert!(rig.finish(worker, &claimed, Verdict::Keep).await, "the result of the current claim was refused");
}

/// A result is saved once.
pub async fn a_result_for_a_task_that_is_over_is_refused(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    assert!(rig.finish(worker, &claimed, Verdict::Keep).await);
    assert_refused(rig, worker, &claimed).await;
}

/// A release ends the claim.
pub async fn a_result_for_a_task_that_waits_again_is_refused(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    assert!(rig.finish(worker, &claimed, Verdict::Release { delay: Duration::ZERO, has_begun: false }).await);
    assert_refused(rig, worker, &claimed).await;
}

/// A worker that lost a task cannot finish it, neither while it waits nor while another worker runs it.
pub async fn a_result_after_a_rescue_is_refused(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let (lost, next) = (rig.worker().await, rig.worker().await);
    let late = rig.claim_one(lost).await;
    rig.retire(lost).await;
    assert_eq!(rig.rescue().await.retried, 1);
    assert_refused(rig, lost, &late).await;
    let claimed = rig.claim_one(next).await;
    assert_refused(rig, lost, &late).await;
    assert!(rig.finish(next, &claimed, Verdict::Keep).await, "the result of the current claim was refused");
    assert_refused(rig, lost, &late).await;
}

/// A dead worker may still save results of tasks that were not yet rescued.
pub async fn a_result_before_the_rescue_is_accepted(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    rig.retire(worker).await;
    assert!(rig.finish(worker, &claimed, Verdict::Keep).await);
    assert_eq!(rig.rescue().await.retried, 0);
}

/// The task may have been removed.
pub async fn a_result_for_a_missing_task_is_refused(rig: &dyn Rig) {
    let worker = rig.worker().await;
    for verdict in [Verdict::Remove, Verdict::Keep] {
        assert_eq!(rig.finish_all(worker, &[Finish { id: id(9), lease: 1, verdict, keep: None }]).await, 0);
    }
}

/// The good results of the batch are saved and counted.
pub async fn a_late_result_does_not_affect_the_others_of_its_batch(rig: &dyn Rig) {
    let tasks: Vec<_> = (1..=4).map(task).collect();
    rig.insert(&tasks).await;
    let worker = rig.worker().await;
    let claimed = rig.claim(worker, 10).await;
    let result = |n, lease, verdict| Finish { id: id(n), lease, verdict, keep: None };
    assert_eq!(claimed.len(), 4);
    let results = [
        result(1, 1, Verdict::Keep),
        result(2, 2, Verdict::Keep),
        result(3, 1, Verdict::Remove),
        result(4, 0, Verdict::Remove),
        result(5, 1, Verdict::Remove),
    ];
    assert_eq!(rig.finish_all(worker, &results).await, 2);
    assert_eq!(rig.all().await, [4, 2, 1]);
    let states = [rig.state(1).await, rig.state(2).await, rig.state(4).await];
    assert_eq!(states, [FangTaskState::Finished, FangTaskState::InProgress, FangTaskState::InProgress]);
}
