use super::Rig;
use super::acts::{HOUR, id, task};
use crate::store::{Change, Verdict};
use crate::task::FangTaskState;
use std::time::Duration;

async fn retry(rig: &dyn Rig, n: u128) -> bool {
    rig.change(n, Change::Retry).await
}

async fn cancel(rig: &dyn Rig, n: u128) -> bool {
    rig.change(n, Change::Cancel).await
}

/// It has all its retries again, and is due now.
pub async fn a_failed_task_begins_anew_when_it_is_retried(rig: &dyn Rig) {
    let no = || "no".to_owned();
    rig.run(task(1), Verdict::Retry { delay: Duration::ZERO, error: no() }).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    assert!(rig.finish(worker, &claimed, Verdict::Fail { error: no() }).await);
    assert!(retry(rig, 1).await);
    assert_eq!(rig.state(1).await, FangTaskState::Retried);
    let again = rig.claim_one(worker).await;
    assert_eq!((again.retries, again.crashes, again.lease), (0, 0, 3));
}

/// It keeps the number of its retries.
pub async fn a_waiting_task_is_due_when_it_is_retried(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Retry { delay: HOUR, error: "no".to_owned() }).await;
    rig.insert(&[task(2).delay(HOUR)]).await;
    assert!(retry(rig, 1).await && retry(rig, 2).await);
    let worker = rig.worker().await;
    let mut claimed: Vec<_> =
        rig.claim(worker, 10).await.iter().map(|task| (task.id, task.retries)).collect();
    claimed.sort_unstable();
    assert_eq!(claimed, [(id(1), 1), (id(2), 0)]);
}

/// The program that knows the kind was probably deployed.
pub async fn a_retry_ends_the_time_that_a_kind_is_unknown(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Unknown { delay: HOUR, error: "no such kind".to_owned() }).await;
    assert!(retry(rig, 1).await);
    let worker = rig.worker().await;
    assert_eq!(rig.claim_one(worker).await.unknown_for, None);
}

/// It would run twice.
pub async fn a_task_that_runs_or_has_finished_is_not_retried(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Keep).await;
    rig.insert(&[task(2)]).await;
    let worker = rig.worker().await;
    rig.claim_one(worker).await;
    assert_eq!([retry(rig, 1).await, retry(rig, 2).await, retry(rig, 3).await], [false; 3]);
    assert_eq!(rig.claim(worker, 10).await, []);
}

/// Its crashes are counted from zero.
pub async fn a_task_that_crashed_too_often_begins_anew_when_it_is_retried(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    for _ in 0..3 {
        let worker = rig.worker().await;
        let claimed = rig.claim_one(worker).await;
        assert!(rig.suspect(worker, &claimed).await);
        rig.retire(worker).await;
        rig.rescue().await;
    }
    assert_eq!(rig.state(1).await, FangTaskState::Failed);
    assert!(retry(rig, 1).await);
    let worker = rig.worker().await;
    assert_eq!(rig.claim_one(worker).await.crashes, 0);
}

/// Whether it is due or not.
pub async fn a_cancelled_task_never_runs(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2).delay(HOUR)]).await;
    assert!(cancel(rig, 1).await && cancel(rig, 2).await);
    assert!(!cancel(rig, 1).await, "it is over");
    let kept = rig.find(1).await;
    assert_eq!((kept.state, kept.error_message.as_deref()), (FangTaskState::Failed, Some("cancelled")));
    rig.advance(HOUR).await;
    let worker = rig.worker().await;
    assert_eq!(rig.claim(worker, 10).await, []);
}
