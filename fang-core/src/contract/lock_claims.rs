//! Scenarios of stores that offer lock-claims.

use super::acts::{Fates, MINUTE, RESCUE, id, numbers, task, unique_by};
use super::{LEASE, Rig};
use crate::scan::{self, ScanRanges, Start};
use crate::store::{
    self, Claim, Claimed, Finish, LockCommit, LockedTask, Pause, Rescue, ScanRange, Verdict, WorkerId,
};
use crate::task::{DEFAULT_TASK_TYPE, FangTaskState, Mode};
use crate::unique::Unique;
use std::time::Duration;
use uuid::Uuid;

/// How often to try again until the server has released the locks of a dropped connection.
const LOOKS: usize = 100_000;

type LockClaims = Box<dyn store::LockClaims>;

impl dyn Rig + '_ {
    fn lock_claims(&self) -> [LockClaims; 2] {
        [0, 1].map(|slot| self.store().lock_claims(slot).expect("the store should offer lock-claims"))
    }
}

async fn lock(lock_claims: &mut LockClaims, worker: WorkerId) -> Vec<LockedTask> {
    lock_from(lock_claims, worker, &ScanRanges::new(Mode::Asynk).in_order(false, Start::Beginning)).await
}

async fn lock_from(lock_claims: &mut LockClaims, worker: WorkerId, ranges: &[ScanRange]) -> Vec<LockedTask> {
    let claim = Claim::new(worker, DEFAULT_TASK_TYPE, 10, ranges);
    lock_claims.lock(&claim).await.unwrap()
}

/// Locks tasks as soon as another connection has released them.
async fn lock_some(lock_claims: &mut LockClaims, worker: WorkerId) -> Vec<LockedTask> {
    for _ in 0..LOOKS {
        let locked = lock(lock_claims, worker).await;
        if !locked.is_empty() {
            return locked;
        }
        release(lock_claims).await;
    }
    panic!("the locks of a dropped connection were not released");
}

/// Claims tasks as soon as another connection has released them.
async fn claim_some(rig: &dyn Rig, worker: WorkerId) -> Vec<Claimed> {
    for _ in 0..LOOKS {
        let claimed = rig.claim(worker, 10).await;
        if !claimed.is_empty() {
            return claimed;
        }
    }
    panic!("the locks of a dropped connection were not released");
}

async fn release(lock_claims: &mut LockClaims) {
    lock_claims.commit(&LockCommit::default()).await.unwrap();
}

fn locked_numbers(locked: &[LockedTask]) -> Vec<u128> {
    locked.iter().map(|locked| locked.task.id.as_u128()).collect()
}

fn keys(locked: &[LockedTask]) -> Vec<(Uuid, i32)> {
    locked.iter().map(|locked| (locked.task.id, locked.task.lease)).collect()
}

/// Neither by another lock-claim nor by a written claim. The lock-claim itself writes nothing.
pub async fn a_locked_task_cannot_be_claimed_until_it_is_released(rig: &dyn Rig) {
    let [mut one, mut other] = rig.lock_claims();
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    let locked = lock(&mut one, worker).await;
    assert_eq!(keys(&locked), [(id(1), 1)]);
    assert!(!locked[0].is_apart);
    assert_eq!(rig.state(1).await, FangTaskState::New);
    assert!(lock(&mut other, worker).await.is_empty());
    release(&mut other).await;
    assert!(rig.claim(worker, 10).await.is_empty());
    release(&mut one).await;
    assert_eq!(rig.claim_one(worker).await.lease, 1, "nothing was written");
}

/// The lease is the one that a written claim would give.
pub async fn a_lock_claim_returns_the_same_fields_as_a_written_claim(rig: &dyn Rig) {
    let [mut lock_claims, _] = rig.lock_claims();
    rig.insert(&[task(1), task(2).expires(Duration::ZERO), task(3).expires(MINUTE)]).await;
    let worker = rig.worker().await;
    let locked = lock(&mut lock_claims, worker).await;
    release(&mut lock_claims).await;
    let mut locked: Vec<_> = locked.into_iter().map(|locked| locked.task).collect();
    scan::sort(&mut locked, false);
    assert_eq!(locked, rig.claim(worker, 10).await);
}

/// The same as for written claims.
pub async fn no_task_is_locked_in_a_paused_task_type_or_by_a_retired_worker(rig: &dyn Rig) {
    let [mut lock_claims, _] = rig.lock_claims();
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    rig.pause(DEFAULT_TASK_TYPE, Pause::Begin).await;
    assert!(lock(&mut lock_claims, worker).await.is_empty());
    release(&mut lock_claims).await;
    rig.pause(DEFAULT_TASK_TYPE, Pause::End).await;
    assert_eq!(lock(&mut lock_claims, worker).await.len(), 1);
    release(&mut lock_claims).await;
    rig.retire(worker).await;
    assert!(lock(&mut lock_claims, worker).await.is_empty());
    release(&mut lock_claims).await;
}

/// One is unique until it is started; another has crashed before and may become a suspect.
pub async fn a_task_that_must_get_a_written_claim_first_is_set_apart(rig: &dyn Rig) {
    let [mut lock_claims, _] = rig.lock_claims();
    rig.insert(&[task(1)]).await;
    let dead = rig.worker().await;
    rig.claim_one(dead).await;
    rig.advance(LEASE * 2).await;
    let worker = rig.worker().await;
    assert_eq!(rig.rescue().await, Fates { buried: 1, retried: 1, failed: 0 });
    rig.insert(&[task(2), unique_by(3, Unique::payload().until_started())]).await;
    let locked = lock(&mut lock_claims, worker).await;
    let mut apart: Vec<_> = locked.iter().map(|locked| (locked.task.id.as_u128(), locked.is_apart)).collect();
    apart.sort_unstable();
    assert_eq!(apart, [(1, true), (2, false), (3, true)]);
    release(&mut lock_claims).await;
}

/// One commit may write claims for several workers.
pub async fn a_commit_deletes_finished_tasks_and_writes_claims_of_running_ones(rig: &dyn Rig) {
    let [mut lock_claims, _] = rig.lock_claims();
    rig.insert(&[task(1), task(2), task(3)]).await;
    let (worker, other) = (rig.worker().await, rig.worker().await);
    let locked = lock(&mut lock_claims, worker).await;
    let place = |n: usize| locked[n].place;
    let write = vec![(worker, vec![place(1)]), (other, vec![place(2)])];
    lock_claims.commit(&LockCommit { remove: vec![place(0)], write }).await.unwrap();
    assert!(rig.store().find(id(1)).await.unwrap().is_none());
    assert!(rig.claim(worker, 10).await.is_empty());
    for (worker, locked) in [(worker, &locked[1]), (other, &locked[2])] {
        assert_eq!(rig.find(locked.task.id.as_u128()).await.lease, locked.task.lease);
        assert!(rig.finish(worker, &locked.task, Verdict::Keep).await, "the result was refused");
    }
}

/// The task may still run there, so the next worker must not run it. It writes a claim for the other worker.
pub async fn a_worker_that_locks_a_listed_task_learns_which_worker_listed_it(rig: &dyn Rig) {
    let [mut lost, mut next] = rig.lock_claims();
    rig.insert(&[task(1), task(2)]).await;
    let (loser, worker) = (rig.worker().await, rig.worker().await);
    let locked = lock(&mut lost, loser).await;
    assert!(lost.list(loser, DEFAULT_TASK_TYPE, &keys(&locked[..1])).await.unwrap().is_empty());
    drop(lost);
    let locked = lock_some(&mut next, worker).await;
    let (first, second) = (&locked[0].task, &locked[1].task);
    let listed = next.list(worker, DEFAULT_TASK_TYPE, &keys(&locked)).await.unwrap();
    assert_eq!(listed, [(id(1), loser)]);
    let write = vec![(loser, vec![locked[0].place]), (worker, vec![locked[1].place])];
    next.commit(&LockCommit { remove: vec![], write }).await.unwrap();
    assert_eq!((rig.find(1).await.lease, rig.find(2).await.lease), (1, 1));
    assert!(rig.finish(loser, first, Verdict::Remove).await, "the result was refused");
    assert!(rig.finish(worker, second, Verdict::Remove).await, "the result was refused");
}

/// The task may still run there, so the worker that claims does not get it.
pub async fn a_written_claim_of_a_listed_task_belongs_to_the_worker_that_listed_it(rig: &dyn Rig) {
    let [mut lost, _] = rig.lock_claims();
    rig.insert(&[task(1), task(2)]).await;
    let (loser, worker) = (rig.worker().await, rig.worker().await);
    let locked = lock(&mut lost, loser).await;
    lost.list(loser, DEFAULT_TASK_TYPE, &keys(&locked[..1])).await.unwrap();
    drop(lost);
    assert_eq!(numbers(&claim_some(rig, worker).await), [2]);
    assert!(
        !rig.finish(worker, &locked[0].task, Verdict::Remove).await,
        "the task belongs to another worker"
    );
    assert!(rig.finish(loser, &locked[0].task, Verdict::Remove).await, "the result was refused");
}

/// If the second worker loses its connection too, the task still belongs to the first.
pub async fn a_task_that_another_worker_listed_is_not_listed_again(rig: &dyn Rig) {
    let [mut lost, mut next] = rig.lock_claims();
    rig.insert(&[task(1), task(2), task(3)]).await;
    let (first, second) = (rig.worker().await, rig.worker().await);
    let locked = lock(&mut lost, first).await;
    lost.list(first, DEFAULT_TASK_TYPE, &keys(&locked[..1])).await.unwrap();
    drop(lost);
    let locked = lock_some(&mut next, second).await;
    let theirs = next.list(second, DEFAULT_TASK_TYPE, &keys(&locked[..2])).await.unwrap();
    assert_eq!(theirs, [(id(1), first)]);
    drop(next);
    let third = rig.worker().await;
    assert_eq!(numbers(&claim_some(rig, third).await), [3]);
    assert!(
        rig.finish(first, &locked[0].task, Verdict::Remove).await,
        "the task belongs to the first worker"
    );
    assert!(
        rig.finish(second, &locked[1].task, Verdict::Remove).await,
        "the task belongs to the second worker"
    );
}

/// Otherwise other workers would write claims for a worker that does not run the tasks.
pub async fn a_list_of_tasks_that_its_worker_does_not_know_is_removed(rig: &dyn Rig) {
    let [mut lost, mut next] = rig.lock_claims();
    rig.insert(&[task(1), task(2)]).await;
    let (loser, other) = (rig.worker().await, rig.worker().await);
    let locked = lock(&mut lost, loser).await;
    lost.list(loser, DEFAULT_TASK_TYPE, &keys(&locked)).await.unwrap();
    let unlist =
        async |worker, known: &[(Uuid, i32)]| rig.store().unlist_unknown(worker, known).await.unwrap();
    assert_eq!(unlist(loser, &[]).await, 0, "the tasks are still locked");
    drop(lost);
    lock_some(&mut next, other).await;
    release(&mut next).await;
    assert_eq!(unlist(other, &[]).await, 0, "the list belongs to another worker");
    assert_eq!(unlist(loser, &keys(&locked)).await, 0, "the worker knows all listed tasks");
    assert_eq!(unlist(loser, &keys(&locked[..1])).await, 1);
    assert_eq!(numbers(&rig.claim(other, 10).await), [1, 2]);
}

/// A worker without a list runs no task that has no written claim.
pub async fn a_listed_task_is_free_after_its_worker_removes_the_list(rig: &dyn Rig) {
    let [mut lost, _] = rig.lock_claims();
    rig.insert(&[task(1)]).await;
    let (first, next) = (rig.worker().await, rig.worker().await);
    let locked = lock(&mut lost, first).await;
    lost.list(first, DEFAULT_TASK_TYPE, &keys(&locked)).await.unwrap();
    // A commit would make the list irrelevant, so there is none: the locks are lost.
    lost.unlist(first).await.unwrap();
    assert_eq!(numbers(&claim_some(rig, next).await), [1]);
}

/// The commit writes claims of the tasks that still run, so the others do not run.
pub async fn a_listed_task_is_free_after_the_commit(rig: &dyn Rig) {
    let [mut one, mut other] = rig.lock_claims();
    rig.insert(&[task(1), task(2)]).await;
    let (first, next) = (rig.worker().await, rig.worker().await);
    let locked = lock(&mut one, first).await;
    one.list(first, DEFAULT_TASK_TYPE, &keys(&locked)).await.unwrap();
    release(&mut one).await;
    assert_eq!(rig.claim(next, 1).await.len(), 1);
    let rest = lock(&mut other, next).await;
    assert_eq!(rest.len(), 1);
    assert!(other.list(next, DEFAULT_TASK_TYPE, &keys(&rest)).await.unwrap().is_empty());
    release(&mut other).await;
}

/// A claim from the beginning of its range finds the tasks before them as well.
pub async fn a_lock_claim_from_the_floor_begins_after_the_listed_tasks_of_others(rig: &dyn Rig) {
    let [mut one, mut other] = rig.lock_claims();
    let now = rig.now().await;
    rig.insert(&[task(1).at(now - MINUTE * 2), task(2).at(now - MINUTE)]).await;
    let (first, next) = (rig.worker().await, rig.worker().await);
    let locked = lock(&mut one, first).await;
    assert_eq!(locked_numbers(&locked), [1, 2]);
    one.list(first, DEFAULT_TASK_TYPE, &keys(&locked)).await.unwrap();
    rig.insert(&[task(3).at(now - MINUTE * 3), task(4)]).await;
    let ranges = ScanRanges::new(Mode::Asynk);
    assert_eq!(
        locked_numbers(&lock_from(&mut other, next, &ranges.in_order(false, Start::Floor)).await),
        [4]
    );
    release(&mut other).await;
    assert_eq!(
        locked_numbers(&lock_from(&mut other, next, &ranges.in_order(false, Start::Beginning)).await),
        [3, 4]
    );
    release(&mut other).await;
    release(&mut one).await;
}

/// The list names a task and its lease.
pub async fn a_listed_task_that_has_a_newer_lease_is_free(rig: &dyn Rig) {
    let [mut one, mut other] = rig.lock_claims();
    rig.insert(&[task(1)]).await;
    let (first, next) = (rig.worker().await, rig.worker().await);
    let locked = lock(&mut one, first).await;
    one.list(first, DEFAULT_TASK_TYPE, &keys(&locked)).await.unwrap();
    let write = vec![(first, vec![locked[0].place])];
    one.commit(&LockCommit { remove: Vec::new(), write }).await.unwrap();
    assert!(
        rig.finish(first, &locked[0].task, Verdict::Release { delay: Duration::ZERO, has_begun: false })
            .await
    );
    let again = lock(&mut other, next).await;
    assert_eq!(keys(&again), [(id(1), 2)]);
    assert!(other.list(next, DEFAULT_TASK_TYPE, &keys(&again)).await.unwrap().is_empty());
    release(&mut other).await;
    assert_eq!(numbers(&rig.claim(next, 10).await), [1]);
}

/// It gets the tasks that no other worker has claimed meanwhile.
pub async fn a_worker_that_lost_its_locks_can_still_write_claims(rig: &dyn Rig) {
    let [mut lost, _] = rig.lock_claims();
    rig.insert(&[task(1), task(2)]).await;
    let (loser, other) = (rig.worker().await, rig.worker().await);
    let locked = lock(&mut lost, loser).await;
    release(&mut lost).await;
    assert_eq!(rig.claim(other, 1).await.len(), 1);
    for _ in 0..2 {
        lost.write_claims(loser, &keys(&locked)).await.unwrap();
    }
    let result =
        |locked: &LockedTask| Finish { id: locked.task.id, lease: 1, verdict: Verdict::Remove, keep: None };
    assert_eq!(rig.finish_all(loser, &locked.iter().map(result).collect::<Vec<_>>()).await, 1);
    assert_eq!(rig.find(locked[0].task.id.as_u128()).await.lease, 1);
}

/// A listed task may have run, as a task with a written claim may have. A second rescue charges nothing.
pub async fn the_death_of_a_worker_charges_a_crash_to_its_listed_tasks(rig: &dyn Rig) {
    let [mut lock_claims, _] = rig.lock_claims();
    rig.insert(&[task(1), task(2)]).await;
    let dead = rig.worker().await;
    let locked = lock(&mut lock_claims, dead).await;
    assert_eq!(locked_numbers(&locked), [1, 2]);
    lock_claims.list(dead, DEFAULT_TASK_TYPE, &keys(&locked[..1])).await.unwrap();
    release(&mut lock_claims).await;
    rig.advance(LEASE * 2).await;
    let worker = rig.worker().await;
    for _ in 0..2 {
        rig.store().rescue(&Rescue { by: Some(worker), ..RESCUE }).await.unwrap();
    }
    let (listed, spared) = (rig.find(1).await, rig.find(2).await);
    assert_eq!((listed.state, listed.crashes), (FangTaskState::Retried, 1));
    assert_eq!((spared.state, spared.crashes), (FangTaskState::New, 0));
}
