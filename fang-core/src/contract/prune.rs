use super::Rig;
use super::acts::{HOUR, task};
use crate::store::{Prune, Rescued, Verdict};
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
    assert_eq!(rig.rescue().await, Rescued { buried: 0, retried: 1, failed: 0 });
}

/// Not even one that has had no task for a long time.
pub async fn a_prune_removes_no_living_worker(rig: &dyn Rig) {
    let worker = rig.worker().await;
    rig.advance(HOUR * 2).await;
    prune(rig, Some(HOUR), 100).await;
    assert!(rig.beat(worker).await.is_alive);
}
