use super::Rig;
use super::acts::{HOUR, id, numbers, task, unique_by};
use crate::new_task::NewTask;
use crate::store::{Change, Disown, InsertOutcome, Verdict};
use crate::task::FangTaskState;
use crate::unique::Unique;
use std::time::Duration;

/// Task number `n`, unique by one key until it is started.
fn waiting(n: u128) -> NewTask {
    unique_by(n, Unique::key("x").until_started())
}

async fn outcome(rig: &dyn Rig, task: NewTask) -> (u128, InsertOutcome) {
    let told = rig.insert(&[task]).await;
    (told[0].id.as_u128(), told[0].outcome)
}

/// After the claim, the next equal task is inserted.
pub async fn a_task_unique_until_started_keeps_others_out_until_it_is_claimed(rig: &dyn Rig) {
    assert_eq!(outcome(rig, waiting(1)).await, (1, InsertOutcome::New));
    assert_eq!(outcome(rig, waiting(2)).await, (1, InsertOutcome::Kept));
    let worker = rig.worker().await;
    assert_eq!(rig.claim_one(worker).await.id, id(1));
    assert_eq!(outcome(rig, waiting(3)).await, (3, InsertOutcome::New));
    assert_eq!(
        outcome(rig, waiting(4)).await,
        (3, InsertOutcome::Kept),
        "the next task keeps others out now"
    );
}

/// It does not get its hash back, since the next equal task may have it.
pub async fn a_started_task_that_waits_again_keeps_no_task_out(rig: &dyn Rig) {
    let verdicts = [
        Verdict::Release { delay: Duration::ZERO, has_begun: false },
        Verdict::Retry { delay: Duration::ZERO, error: "no".to_owned() },
        Verdict::Unknown { delay: Duration::ZERO, error: "no".to_owned() },
    ];
    let worker = rig.worker().await;
    for (n, verdict) in (1..).step_by(2).zip(verdicts) {
        rig.insert(&[waiting(n)]).await;
        let claimed = rig.claim_one(worker).await;
        assert_eq!(outcome(rig, waiting(n + 1)).await, (n + 1, InsertOutcome::New));
        assert!(rig.finish(worker, &claimed, verdict.clone()).await, "{verdict:?}");
        let mut both = rig.claim(worker, 10).await;
        both.sort_unstable_by_key(|task| task.id);
        assert_eq!(numbers(&both), [n, n + 1], "{verdict:?}");
        for task in both {
            assert!(rig.finish(worker, &task, Verdict::Remove).await);
        }
    }
}

/// Neither a rescue nor `disown` gives the hash back.
pub async fn a_started_task_that_is_rescued_or_disowned_keeps_no_task_out(rig: &dyn Rig) {
    rig.insert(&[waiting(1)]).await;
    let gone = rig.worker().await;
    rig.claim_one(gone).await;
    rig.insert(&[waiting(2)]).await;
    rig.retire(gone).await;
    assert_eq!(rig.rescue().await.retried, 1);
    let worker = rig.worker().await;
    assert_eq!(rig.claim(worker, 10).await.len(), 2);
    rig.insert(&[waiting(3)]).await;
    assert_eq!(rig.store().disown(&Disown::all_of(worker)).await.unwrap(), 2);
    assert_eq!(rig.claim(worker, 10).await.len(), 3);
}

/// It has no hash any more, so the next equal task is no duplicate.
pub async fn a_started_task_that_failed_can_be_retried_beside_the_next(rig: &dyn Rig) {
    rig.run(waiting(1), Verdict::Fail { error: "no".to_owned() }).await;
    rig.insert(&[waiting(2)]).await;
    assert!(rig.change(1, Change::Retry).await);
    assert_eq!((rig.state(1).await, rig.state(2).await), (FangTaskState::Retried, FangTaskState::New));
}

/// A retry of it is refused while an equal task waits.
pub async fn a_cancelled_task_that_was_never_started_keeps_no_task_out(rig: &dyn Rig) {
    rig.insert(&[waiting(1).delay(HOUR)]).await;
    assert!(rig.change(1, Change::Cancel).await);
    assert_eq!(outcome(rig, waiting(2)).await, (2, InsertOutcome::New));
    assert!(!rig.change(1, Change::Retry).await, "two equal tasks would wait");
}

/// Only tasks that are unique until started lose their hash.
pub async fn a_claim_keeps_the_hash_of_a_task_that_is_unique_in_another_way(rig: &dyn Rig) {
    let ways = [Unique::payload(), Unique::key("x"), Unique::fields(["n"])];
    for (n, unique) in (1..).zip(ways) {
        let new = unique_by(n, unique);
        rig.insert(std::slice::from_ref(&new)).await;
        let worker = rig.worker().await;
        rig.claim_one(worker).await;
        assert_eq!(rig.find(n).await.uniq_hash, new.uniq_hash);
        let again = NewTask { id: id(n + 100), ..new };
        assert_eq!(outcome(rig, again).await, (n, InsertOutcome::Kept));
    }
    rig.insert(&[task(9)]).await;
}
