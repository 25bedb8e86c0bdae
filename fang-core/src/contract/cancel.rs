use super::Rig;
use super::acts::{HOUR, MINUTE, both, id, task};
use crate::store::{Change, Claimed, Verdict, WorkerId};
use crate::task::FangTaskState;
use std::time::Duration;
use uuid::Uuid;

async fn cancel(rig: &dyn Rig, n: u128) -> bool {
    rig.change(n, Change::Cancel).await
}

async fn cancellations(rig: &dyn Rig, worker: WorkerId) -> Vec<(Uuid, i32)> {
    rig.store().cancellations(worker).await.unwrap()
}

/// Task 1, which runs and was cancelled.
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

/// The task goes on running, and its result is accepted.
pub async fn a_worker_is_told_that_its_running_task_is_cancelled(rig: &dyn Rig) {
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

/// Each worker is told of its own tasks.
pub async fn a_cancellation_is_told_to_no_other_worker(rig: &dyn Rig) {
    let (worker, _) = cancelled_while_it_runs(rig).await;
    let other = rig.worker().await;
    assert_eq!(cancellations(rig, other).await, []);
    assert_eq!(cancellations(rig, worker).await, [(id(1), 1)]);
}

/// Workers ask for cancellations only if there are any.
pub async fn a_heartbeat_tells_whether_anything_is_to_be_cancelled(rig: &dyn Rig) {
    let other = rig.worker().await;
    assert!(!rig.beat(other).await.has_cancellations);
    let (worker, claimed) = cancelled_while_it_runs(rig).await;
    assert!(rig.beat(worker).await.has_cancellations && rig.beat(other).await.has_cancellations);
    assert!(rig.finish(worker, &claimed, Verdict::Remove).await);
    cancellations(rig, other).await;
    assert!(
        !rig.beat(worker).await.has_cancellations,
        "a finished task leaves no cancellation, whichever worker asks"
    );
}

/// Its worker retried or released it before it was told.
pub async fn a_cancelled_task_that_waits_again_fails(rig: &dyn Rig) {
    let error = || "no".to_owned();
    let again = [
        Verdict::Retry { delay: HOUR, error: error() },
        Verdict::Release { delay: Duration::ZERO, has_begun: false },
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

/// The worker of the new claim is told.
pub async fn a_cancellation_follows_a_task_that_is_claimed_again(rig: &dyn Rig) {
    let (worker, claimed) = cancelled_while_it_runs(rig).await;
    assert!(rig.finish(worker, &claimed, Verdict::Release { delay: Duration::ZERO, has_begun: false }).await);
    let next = rig.worker().await;
    let again = rig.claim_one(next).await;
    assert_eq!(cancellations(rig, worker).await, []);
    assert_eq!(cancellations(rig, next).await, [(id(1), again.lease)]);
}

/// A rescue does not run it again.
pub async fn a_cancelled_task_whose_process_dies_fails(rig: &dyn Rig) {
    let (worker, claimed) = cancelled_while_it_runs(rig).await;
    rig.insert(&[task(2)]).await;
    rig.claim_one(worker).await;
    rig.retire(worker).await;
    let rescued = rig.rescue().await;
    assert_eq!((rescued.retried, rescued.failed), (1, 1));
    assert_cancelled(rig, 1).await;
    assert!(!rig.finish(worker, &claimed, Verdict::Keep).await, "the rescue has failed the task");
    let next = rig.worker().await;
    assert_eq!(rig.claim_one(next).await.id, id(2));
}

/// The task runs again, as the caller of the retry wants.
pub async fn a_retry_ends_a_cancellation(rig: &dyn Rig) {
    let (worker, claimed) = cancelled_while_it_runs(rig).await;
    assert!(!rig.change(1, Change::Retry).await, "a running task is not retried");
    assert_eq!(cancellations(rig, worker).await, [(id(1), 1)]);
    assert!(rig.finish(worker, &claimed, Verdict::Release { delay: HOUR, has_begun: false }).await);
    assert!(rig.change(1, Change::Retry).await);
    let again = rig.claim_one(worker).await;
    assert_eq!((again.id, cancellations(rig, worker).await), (id(1), vec![]));
}

/// The first task was removed, and another inserted under its id.
pub async fn a_cancellation_is_not_for_a_later_task_under_the_same_id(rig: &dyn Rig) {
    let (worker, claimed) = cancelled_while_it_runs(rig).await;
    assert!(rig.finish(worker, &claimed, Verdict::Remove).await);
    rig.advance(MINUTE).await;
    rig.insert(&[task(1)]).await;
    rig.claim_one(worker).await;
    assert_eq!(cancellations(rig, worker).await, []);
}

/// A store that first looks at the state and then cancels would miss the task.
pub async fn a_task_is_cancelled_even_while_it_is_claimed_and_released(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    let claim_and_give_back = async || {
        for claimed in rig.claim(worker, 1).await {
            rig.finish(worker, &claimed, Verdict::Release { delay: Duration::ZERO, has_begun: false }).await;
        }
        true
    };
    for _ in 0..100 {
        assert_eq!(both(cancel(rig, 1), claim_and_give_back()).await, [true; 2]);
        // It was cancelled while it ran or while it waited.
        assert!(rig.change(1, Change::Retry).await);
    }
}

/// It keeps its state and its error.
pub async fn a_task_that_is_over_is_not_cancelled(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Keep).await;
    rig.run(task(2), Verdict::Fail { error: "no".to_owned() }).await;
    assert_eq!([cancel(rig, 1).await, cancel(rig, 2).await, cancel(rig, 3).await], [false; 3]);
    assert_eq!(rig.find(2).await.error_message.as_deref(), Some("no"));
}
