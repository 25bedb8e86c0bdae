use super::Rig;
use super::acts::{HOUR, MINUTE, both, id, task};
use crate::store::{Claimed, Verdict, WorkerId};
use crate::task::FangTaskState;
use std::time::Duration;
use uuid::Uuid;

async fn cancel(rig: &dyn Rig, n: u128) -> bool {
    rig.store().cancel(id(n)).await.unwrap()
}

async fn cancellations(rig: &dyn Rig, worker: WorkerId) -> Vec<(Uuid, i32)> {
    rig.store().cancellations(worker).await.unwrap()
}

/// Task 1, which runs and is to be cancelled.
async fn cancelled_while_it_runs(rig: &dyn Rig) -> (WorkerId, Claimed) {
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    assert!(cancel(rig, 1).await);
    (worker, claimed)
}

async fn assert_cancelled(rig: &dyn Rig, n: u128) {
    let kept = rig.find(n).await;
    assert_eq!((kept.state, kept.error_message.as_deref()), (FangTaskState::Failed, Some("cancelled")));
}

/// It still runs, and what its run says is accepted.
pub async fn a_task_that_is_cancelled_while_it_runs_is_told_to_its_worker(rig: &dyn Rig) {
    let (worker, claimed) = cancelled_while_it_runs(rig).await;
    assert!(cancel(rig, 1).await, "asking again is no error");
    for _ in 0..2 {
        assert_eq!(cancellations(rig, worker).await, [(id(1), 1)]);
    }
    assert_eq!(rig.state(1).await, FangTaskState::InProgress);
    assert!(rig.finish(worker, &claimed, Verdict::Keep).await);
    assert_eq!(cancellations(rig, worker).await, []);
    assert_eq!(rig.state(1).await, FangTaskState::Finished);
}

/// Each hears of its own.
pub async fn a_cancellation_is_told_to_no_other_worker(rig: &dyn Rig) {
    let (worker, _) = cancelled_while_it_runs(rig).await;
    let other = rig.worker().await;
    assert_eq!(cancellations(rig, other).await, []);
    assert_eq!(cancellations(rig, worker).await, [(id(1), 1)]);
}

/// So that nobody has to look for nothing.
pub async fn a_heartbeat_tells_whether_anything_is_to_be_cancelled(rig: &dyn Rig) {
    let other = rig.worker().await;
    assert!(!rig.beat(other).await.has_cancellations);
    let (worker, claimed) = cancelled_while_it_runs(rig).await;
    assert!(rig.beat(worker).await.has_cancellations && rig.beat(other).await.has_cancellations);
    assert!(rig.finish(worker, &claimed, Verdict::Remove).await);
    cancellations(rig, other).await;
    assert!(!rig.beat(worker).await.has_cancellations, "what is over is forgotten, whoever looks");
}

/// Its process failed, released or snoozed it before it could know.
pub async fn a_cancelled_task_that_waits_again_fails(rig: &dyn Rig) {
    let error = || "no".to_owned();
    let again = [
        Verdict::Retry { delay: HOUR, error: error() },
        Verdict::Release { delay: Duration::ZERO },
        Verdict::Unknown { delay: HOUR, error: error() },
    ];
    let worker = rig.worker().await;
    for (n, verdict) in (1..).zip(again) {
        rig.insert(&[task(n)]).await;
        let claimed = rig.claim_one(worker).await;
        assert!(cancel(rig, n).await);
        assert!(rig.finish(worker, &claimed, verdict).await);
        assert_eq!(cancellations(rig, rig.worker().await).await, []);
        assert_cancelled(rig, n).await;
        assert_eq!(rig.claim(worker, 10).await, []);
    }
    assert!(!rig.beat(worker).await.has_cancellations);
}

/// Whoever has it then is told.
pub async fn a_cancellation_follows_a_task_that_is_claimed_again(rig: &dyn Rig) {
    let (worker, claimed) = cancelled_while_it_runs(rig).await;
    assert!(rig.finish(worker, &claimed, Verdict::Release { delay: Duration::ZERO }).await);
    let next = rig.worker().await;
    let again = rig.claim_one(next).await;
    assert_eq!(cancellations(rig, worker).await, []);
    assert_eq!(cancellations(rig, next).await, [(id(1), again.lease)]);
}

/// It is not run again.
pub async fn a_cancelled_task_whose_process_dies_fails(rig: &dyn Rig) {
    let (worker, claimed) = cancelled_while_it_runs(rig).await;
    rig.insert(&[task(2)]).await;
    rig.claim_one(worker).await;
    rig.retire(worker).await;
    let rescued = rig.rescue().await;
    assert_eq!((rescued.retried, rescued.failed), (1, 1));
    assert_cancelled(rig, 1).await;
    assert!(!rig.finish(worker, &claimed, Verdict::Keep).await, "others have decided");
    let next = rig.worker().await;
    assert_eq!(rig.claim_one(next).await.id, id(2));
}

/// Whoever retries it wants it to run.
pub async fn a_retry_ends_a_cancellation(rig: &dyn Rig) {
    let (worker, claimed) = cancelled_while_it_runs(rig).await;
    assert!(!rig.store().retry(id(1)).await.unwrap(), "it runs");
    assert_eq!(cancellations(rig, worker).await, [(id(1), 1)]);
    assert!(rig.finish(worker, &claimed, Verdict::Release { delay: HOUR }).await);
    assert!(rig.store().retry(id(1)).await.unwrap());
    let again = rig.claim_one(worker).await;
    assert_eq!((again.id, cancellations(rig, worker).await), (id(1), vec![]));
}

/// The id was free again.
pub async fn a_cancellation_is_not_for_a_later_task_under_the_same_id(rig: &dyn Rig) {
    let (worker, claimed) = cancelled_while_it_runs(rig).await;
    assert!(rig.finish(worker, &claimed, Verdict::Remove).await);
    rig.advance(MINUTE).await;
    rig.insert(&[task(1)]).await;
    rig.claim_one(worker).await;
    assert_eq!(cancellations(rig, worker).await, []);
}

/// A look at the task before must not decide.
pub async fn a_task_is_cancelled_even_while_it_is_claimed_and_given_back(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    let claim_and_give_back = async || {
        for claimed in rig.claim(worker, 1).await {
            rig.finish(worker, &claimed, Verdict::Release { delay: Duration::ZERO }).await;
        }
        true
    };
    for _ in 0..100 {
        assert_eq!(both(cancel(rig, 1), claim_and_give_back()).await, [true; 2]);
        // One that failed, or one that waits again.
        assert!(rig.store().retry(id(1)).await.unwrap());
    }
}

/// It keeps what it came to.
pub async fn a_task_that_is_over_is_not_cancelled(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Keep).await;
    rig.run(task(2), Verdict::Fail { error: "no".to_owned() }).await;
    assert_eq!([cancel(rig, 1).await, cancel(rig, 2).await, cancel(rig, 3).await], [false; 3]);
    assert_eq!(rig.find(2).await.error_message.as_deref(), Some("no"));
}
