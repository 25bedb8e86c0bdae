use super::Rig;
use super::acts::{HOUR, both, numbers, task};
use crate::scan::{ScanRanges, Start};
use crate::store::{Claim, Pause, WorkerId};
use crate::task::{DEFAULT_TASK_TYPE, Mode};

/// Two workers claim at the same time.
pub async fn two_claimers_never_share_a_task(rig: &dyn Rig) {
    let tasks: Vec<_> = (1..=1_000).map(task).collect();
    rig.insert(&tasks).await;
    let (one, other) = (rig.worker().await, rig.worker().await);
    let mut claimed = both(drain(rig, one), drain(rig, other)).await.concat();
    // Each may have skipped tasks that the other was locking.
    claimed.extend(drain(rig, one).await);
    claimed.sort_unstable();
    assert_eq!(claimed, (1..=1_000).collect::<Vec<_>>());
}

/// Two workers claim at the same time, and both say that the claim is crowded.
pub async fn crowded_claims_never_share_a_task(rig: &dyn Rig) {
    rig.insert(&(1..=100).map(task).collect::<Vec<_>>()).await;
    let (one, other) = (rig.worker().await, rig.worker().await);
    let mut claimed = Vec::new();
    while claimed.len() < 100 {
        claimed.extend(both(claim_in_a_crowd(rig, one), claim_in_a_crowd(rig, other)).await.concat());
    }
    claimed.sort_unstable();
    assert_eq!(claimed, (1..=100).collect::<Vec<_>>());
}

async fn claim_in_a_crowd(rig: &dyn Rig, worker: WorkerId) -> Vec<u128> {
    let ranges = ScanRanges::new(Mode::Asynk).in_order(false, Start::Beginning);
    let claim = Claim { crowded: true, ..Claim::new(worker, DEFAULT_TASK_TYPE, 7, &ranges) };
    numbers(&rig.store().claim(&claim).await.unwrap().tasks)
}

/// One claim ends before the next begins.
pub async fn two_alternating_claimers_get_each_task_once(rig: &dyn Rig) {
    let tasks: Vec<_> = (1..=100).map(task).collect();
    rig.insert(&tasks).await;
    let workers = [rig.worker().await, rig.worker().await];
    let mut claimed = Vec::new();
    for round in 0..16 {
        claimed.extend(numbers(&rig.claim(workers[round % 2], 7).await));
    }
    claimed.sort_unstable();
    assert_eq!(claimed, (1..=100).collect::<Vec<_>>());
}

async fn drain(rig: &dyn Rig, worker: WorkerId) -> Vec<u128> {
    let mut all = Vec::new();
    loop {
        let claimed = rig.claim(worker, 7).await;
        if claimed.is_empty() {
            return all;
        }
        all.extend(numbers(&claimed));
    }
}

/// No process would finish its tasks.
pub async fn a_retired_worker_claims_nothing(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    rig.retire(worker).await;
    assert_eq!(rig.claim(worker, 10).await, []);
}

/// No rescue would find its tasks.
pub async fn a_worker_that_never_registered_claims_nothing(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    assert_eq!(rig.claim(WorkerId(999_999), 10).await, []);
}

/// Inserts still succeed, and other task types are still claimed.
pub async fn a_paused_task_type_is_not_claimed_until_it_is_resumed(rig: &dyn Rig) {
    let worker = rig.worker().await;
    for _ in 0..2 {
        rig.pause("mail", Pause::Begin).await;
        rig.pause("mail", Pause::Begin).await;
        rig.insert(&[task(1).task_type("mail"), task(2)]).await;
        rig.advance(HOUR).await;
        assert_eq!(rig.claim_of(worker, "mail", Mode::Asynk, 10).await, []);
        assert_eq!(numbers(&rig.claim(worker, 10).await), [2]);
        rig.pause("mail", Pause::End).await;
        assert_eq!(numbers(&rig.claim_of(worker, "mail", Mode::Asynk, 10).await), [1]);
        rig.store().remove(&crate::store::Removal::All).await.unwrap();
    }
    rig.pause("never paused", Pause::End).await;
}
