use super::Rig;
use super::acts::{HOUR, MINUTE, assert_about, numbers, task};
use crate::store::{Claimed, Finish, Verdict, WorkerId};
use crate::task::{FangTaskState, Task};
use std::time::Duration;

fn failed(delay: Duration) -> Verdict {
    Verdict::Retry { delay, error: "no route to host".to_owned() }
}

/// A claimed task and its worker.
async fn claimed(rig: &dyn Rig) -> (WorkerId, Claimed) {
    let worker = rig.worker().await;
    rig.insert(&[task(1)]).await;
    (worker, rig.claim_one(worker).await)
}

/// The row of a task that was finished with this verdict.
async fn after(rig: &dyn Rig, verdict: Verdict) -> Task {
    let (worker, claimed) = claimed(rig).await;
    assert!(rig.finish(worker, &claimed, verdict).await, "the result was refused");
    rig.find(1).await
}

/// The row is deleted.
pub async fn remove_removes_the_task(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Remove).await;
    assert_eq!(rig.all().await, []);
}

/// The row stays, in the state `finished`.
pub async fn keep_keeps_the_task_as_finished(rig: &dyn Rig) {
    let task = after(rig, Verdict::Keep).await;
    assert_eq!((task.state, task.error_message), (FangTaskState::Finished, None));
    assert_eq!((task.retries, task.lease, task.crashes), (0, 1, 0));
}

/// The row stays, in the state `failed`, with the error.
pub async fn fail_keeps_the_task_and_the_error(rig: &dyn Rig) {
    let task = after(rig, Verdict::Fail { error: "out of \"ideas\" 🦀".to_owned() }).await;
    assert_eq!((task.state, task.retries, task.lease), (FangTaskState::Failed, 0, 1));
    assert_eq!(task.error_message.as_deref(), Some("out of \"ideas\" 🦀"));
    rig.advance(HOUR).await;
    let worker = rig.worker().await;
    assert_eq!(rig.claim(worker, 10).await, [], "it never runs again");
}

/// The verdict has the delay until the next run.
pub async fn retry_charges_a_retry_and_moves_the_task(rig: &dyn Rig) {
    let task = after(rig, failed(HOUR)).await;
    assert_eq!((task.state, task.retries, task.lease), (FangTaskState::Retried, 1, 1));
    assert_eq!(task.error_message.as_deref(), Some("no route to host"));
    assert_about((task.scheduled_at - rig.now().await).to_std().ok(), HOUR);
}

/// The next claim has a new lease.
pub async fn a_retried_task_is_claimed_again_only_after_its_delay(rig: &dyn Rig) {
    let (worker, claimed) = claimed(rig).await;
    rig.finish(worker, &claimed, failed(HOUR)).await;
    rig.advance(MINUTE * 50).await;
    assert_eq!(rig.claim(worker, 10).await, [], "too early");
    rig.advance(MINUTE * 10).await;
    let again = rig.claim_one(worker).await;
    assert_eq!((again.retries, again.lease), (1, 2));
    assert!(rig.finish(worker, &again, Verdict::Keep).await);
    let kept = rig.find(1).await;
    assert_eq!((kept.retries, kept.lease, kept.error_message), (1, 2, None), "a success clears the error");
}

/// The task was not run, so its row is as before the claim, except for the lease.
pub async fn release_charges_nothing_and_keeps_the_place_of_the_task(rig: &dyn Rig) {
    let now = rig.now().await;
    let place = now - HOUR;
    rig.insert(&[task(1).at(place)]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    rig.insert(&[task(2).at(now - MINUTE)]).await;
    assert!(rig.finish(worker, &claimed, Verdict::Release { delay: Duration::ZERO, has_begun: false }).await);
    let task = rig.find(1).await;
    assert_eq!((task.state, task.retries, task.crashes), (FangTaskState::New, 0, 0));
    assert_eq!((task.scheduled_at, task.lease, task.error_message), (place, 1, None));
    assert_eq!(numbers(&rig.claim(worker, 10).await), [1, 2]);
}

/// A snoozed task keeps the retries and the error of its earlier runs.
pub async fn release_with_a_delay_moves_the_task(rig: &dyn Rig) {
    let (worker, claimed) = claimed(rig).await;
    rig.finish(worker, &claimed, failed(Duration::ZERO)).await;
    let claimed = rig.claim_one(worker).await;
    assert!(rig.finish(worker, &claimed, Verdict::Release { delay: HOUR, has_begun: false }).await);
    let task = rig.find(1).await;
    assert_eq!((task.state, task.retries), (FangTaskState::Retried, 1));
    assert_eq!(task.error_message.as_deref(), Some("no route to host"));
    assert_about((task.scheduled_at - rig.now().await).to_std().ok(), HOUR);
}

/// The newest comes last. A release is no failure.
pub async fn the_last_ten_failures_of_a_task_are_kept(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    for n in 1..=12 {
        let claimed = rig.claim_one(worker).await;
        let verdict = Verdict::Retry { delay: Duration::ZERO, error: format!("\"{n}\"") };
        assert!(rig.finish(worker, &claimed, verdict).await);
        let claimed = rig.claim_one(worker).await;
        assert!(
            rig.finish(worker, &claimed, Verdict::Release { delay: Duration::ZERO, has_begun: false }).await
        );
    }
    let claimed = rig.claim_one(worker).await;
    assert!(rig.finish(worker, &claimed, Verdict::Fail { error: "last".to_owned() }).await);
    let (kept, now) = (rig.find(1).await, rig.now().await);
    let told: Vec<_> = kept.failures.iter().map(|one| (one.attempt, one.error.as_str())).collect();
    assert_eq!(told.len(), 10);
    assert_eq!((told[0], told[9]), ((4, "\"4\""), (13, "last")));
    assert!(kept.failures.iter().all(|one| one.at >= kept.created_at && one.at <= now));
}

/// Each task gets its own verdict.
pub async fn a_batch_of_results_may_contain_all_verdicts(rig: &dyn Rig) {
    let tasks: Vec<_> = (1..=6).map(task).collect();
    rig.insert(&tasks).await;
    let worker = rig.worker().await;
    let mut claimed = rig.claim(worker, 10).await;
    claimed.sort_unstable_by_key(|task| task.id);
    let error = || "no".to_owned();
    let verdicts = [
        Verdict::Remove,
        Verdict::Keep,
        Verdict::Retry { delay: HOUR, error: error() },
        Verdict::Fail { error: error() },
        Verdict::Release { delay: Duration::ZERO, has_begun: false },
        Verdict::Unknown { delay: MINUTE, error: error() },
    ];
    let results: Vec<_> = claimed
        .iter()
        .zip(verdicts)
        .map(|(task, verdict)| Finish { id: task.id, lease: task.lease, verdict, keep: None })
        .collect();
    assert_eq!(rig.finish_all(worker, &results).await, 6);
    assert_eq!(rig.all().await, [6, 5, 4, 3, 2]);
    let mut states = Vec::new();
    for n in 2..=6 {
        states.push(rig.state(n).await.as_str());
    }
    assert_eq!(states, ["finished", "retried", "failed", "new", "new"]);
    assert_eq!(rig.finish_all(worker, &[]).await, 0, "an empty batch");
}
