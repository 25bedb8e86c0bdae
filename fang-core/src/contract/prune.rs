use super::Rig;
use super::acts::{Fates, HOUR, task};
use crate::store::{Prune, Verdict};
use std::time::Duration;

async fn prune(rig: &dyn Rig, older_than: Option<Duration>, limit: u32) -> u64 {
    rig.store().prune(&Prune { older_than, limit }).await.unwrap()
}

fn failed() -> Verdict {
    Verdict::Fail { error: "no".to_owned() }
}

/// The age counts from the last change of the row.
pub async fn a_prune_removes_only_old_tasks_that_are_over(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Keep).await;
    rig.run(task(2), failed()).await;
    rig.run(task(3), Verdict::Retry { delay: HOUR * 9, error: "no".to_owned() }).await;
    rig.insert(&[task(4)]).await;
    let worker = rig.worker().await;
    rig.claim_one(worker).await;
    rig.insert(&[task(5), task(6).delay(HOUR * 9)]).await;
    rig.advance(HOUR * 2).await;
    let claimed = rig.claim_one(worker).await;
    assert!(rig.finish(worker, &claimed, Verdict::Keep).await);
    assert_eq!(prune(rig, Some(HOUR), 100).await, 2);
    assert_eq!(rig.all().await, [6, 5, 4, 3]);
    assert_eq!(prune(rig, Some(HOUR), 100).await, 0);
}

/// It can be repeated until it removes nothing.
pub async fn a_prune_respects_its_limit(rig: &dyn Rig) {
    for n in 1..=5 {
        rig.run(task(n), if n % 2 == 0 { Verdict::Keep } else { failed() }).await;
    }
    rig.advance(HOUR * 2).await;
    for expected in [2, 2, 1, 0] {
        assert_eq!(prune(rig, Some(HOUR), 2).await, expected);
    }
}

/// No matter how old they are.
pub async fn a_prune_without_an_age_keeps_all_tasks(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Keep).await;
    rig.advance(HOUR * 10_000).await;
    assert_eq!(prune(rig, None, 100).await, 0);
    assert_eq!(rig.all().await, [1]);
}

/// The tasks of a dead worker can still be rescued.
pub async fn a_prune_before_the_rescue_loses_no_task(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    rig.claim_one(worker).await;
    rig.retire(worker).await;
    rig.advance(HOUR * 2).await;
    assert_eq!(prune(rig, Some(HOUR), 100).await, 0);
    assert_eq!(rig.rescue().await, Fates { buried: 0, retried: 1, failed: 0 });
}

/// Not even one that has had no task for a long time.
pub async fn a_prune_removes_no_living_worker(rig: &dyn Rig) {
    let worker = rig.worker().await;
    rig.advance(HOUR * 2).await;
    prune(rig, Some(HOUR), 100).await;
    assert!(rig.beat(worker).await.is_alive);
}

/// No matter how old a prune allows other tasks to be, or whether it removes others at all.
pub async fn a_task_stays_as_long_as_its_result_says(rig: &dyn Rig) {
    let worker = rig.worker().await;
    for (n, verdict, keep) in
        [(1, Verdict::Keep, HOUR * 5), (2, failed(), HOUR * 5), (3, Verdict::Keep, HOUR), (4, failed(), HOUR)]
    {
        rig.insert(&[task(n)]).await;
        let claimed = rig.claim_one(worker).await;
        assert!(rig.finish_and_keep(worker, &claimed, verdict, Some(keep)).await);
    }
    let kept = rig.find(1).await;
    assert_eq!(kept.keep_until, Some(kept.updated_at + HOUR * 5));
    assert_eq!(prune(rig, Some(Duration::ZERO), 100).await, 0);
    rig.advance(HOUR * 2).await;
    assert_eq!(prune(rig, None, 1).await, 1, "no more than the limit");
    assert_eq!(prune(rig, None, 100).await, 1);
    assert_eq!(rig.all().await, [2, 1]);
    rig.advance(HOUR * 4).await;
    assert_eq!(prune(rig, Some(HOUR * 100), 100).await, 2);
}

/// It is kept anew from its next end.
pub async fn a_task_that_runs_again_has_no_end_to_its_stay(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    let again = Verdict::Retry { delay: Duration::ZERO, error: "no".to_owned() };
    assert!(rig.finish_and_keep(worker, &claimed, again, Some(HOUR)).await);
    assert_eq!(rig.find(1).await.keep_until, None);
    let claimed = rig.claim_one(worker).await;
    assert!(rig.finish_and_keep(worker, &claimed, Verdict::Keep, Some(HOUR)).await);
    assert!(rig.find(1).await.keep_until.is_some());
}
