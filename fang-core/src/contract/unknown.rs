use super::Rig;
use super::acts::{HOUR, assert_about, task};
use crate::store::Verdict;
use crate::task::FangTaskState;
use std::time::Duration;

fn unknown() -> Verdict {
    Verdict::Unknown { delay: HOUR, error: "no such kind".to_owned() }
}

/// During a rolling deploy, it waits for a program that knows its kind.
pub async fn a_task_of_an_unknown_kind_waits_and_is_charged_no_retry(rig: &dyn Rig) {
    rig.run(task(1), unknown()).await;
    let kept = rig.find(1).await;
    assert_eq!((kept.state, kept.retries, kept.lease), (FangTaskState::New, 0, 1));
    assert_eq!(kept.error_message.as_deref(), Some("no such kind"));
    assert_about((kept.scheduled_at - rig.now().await).to_std().ok(), HOUR);
}

/// It counts from the first such verdict, so that a pool can give up.
pub async fn the_time_that_a_kind_is_unknown_adds_up(rig: &dyn Rig) {
    rig.run(task(1), unknown()).await;
    let worker = rig.worker().await;
    for hours in 1..=3 {
        rig.advance(HOUR).await;
        let claimed = rig.claim_one(worker).await;
        assert_about(claimed.unknown_for, HOUR * hours);
        assert!(rig.finish(worker, &claimed, unknown()).await);
    }
}

/// A program that knows the kind has run the task.
pub async fn another_verdict_ends_the_time_that_a_kind_is_unknown(rig: &dyn Rig) {
    rig.run(task(1), unknown()).await;
    rig.advance(HOUR).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    let failed = Verdict::Retry { delay: Duration::ZERO, error: "no".to_owned() };
    assert!(rig.finish(worker, &claimed, failed).await);
    assert_eq!(rig.claim_one(worker).await.unknown_for, None);
}
