//! Of stores that have connections which hold tasks.

use super::acts::{MINUTE, RESCUE, id, numbers, task, unique_by};
use super::{LEASE, Rig};
use crate::scan::{ScanRanges, Start};
use crate::store::{
    self, Claim, Claimed, Finish, LockCommit, LockedTask, Rescue, Rescued, ScanRange, Verdict, WorkerId,
};
use crate::task::{DEFAULT_TASK_TYPE, FangTaskState, Mode};
use crate::unique::Unique;
use std::time::Duration;
use uuid::Uuid;

/// How often to look for locks that go as soon as the server sees that their connection is gone.
const LOOKS: usize = 100_000;

type LockClaims = Box<dyn store::LockClaims>;

impl dyn Rig + '_ {
    fn holders(&self) -> [LockClaims; 2] {
        [0, 1].map(|slot| self.store().lock_claims(slot).expect("it is offered"))
    }
}

async fn hold(holder: &mut LockClaims, worker: WorkerId) -> Vec<LockedTask> {
    hold_from(holder, worker, &ScanRanges::new(Mode::Asynk).in_order(false, Start::Beginning)).await
}

async fn hold_from(holder: &mut LockClaims, worker: WorkerId, ranges: &[ScanRange]) -> Vec<LockedTask> {
    let claim = Claim { worker, task_type: DEFAULT_TASK_TYPE, limit: 10, ranges, crowded: false };
    holder.lock(&claim).await.unwrap()
}

/// As soon as there is something.
async fn hold_some(holder: &mut LockClaims, worker: WorkerId) -> Vec<LockedTask> {
    for _ in 0..LOOKS {
        let held = hold(holder, worker).await;
        if !held.is_empty() {
            return held;
        }
        let_go(holder).await;
    }
    panic!("the locks of a connection that is gone are still there");
}

/// As soon as there is something.
async fn claim_some(rig: &dyn Rig, worker: WorkerId) -> Vec<Claimed> {
    for _ in 0..LOOKS {
        let claimed = rig.claim(worker, 10).await;
        if !claimed.is_empty() {
            return claimed;
        }
    }
    panic!("the locks of a connection that is gone are still there");
}

async fn let_go(holder: &mut LockClaims) {
    holder.commit(&LockCommit::default()).await.unwrap();
}

fn held_numbers(held: &[LockedTask]) -> Vec<u128> {
    held.iter().map(|held| held.task.id.as_u128()).collect()
}

fn keys(held: &[LockedTask]) -> Vec<(Uuid, i32)> {
    held.iter().map(|held| (held.task.id, held.task.lease)).collect()
}

/// Nothing else is locked, and nothing is written.
pub async fn a_held_task_is_out_of_reach_until_it_is_let_go(rig: &dyn Rig) {
    let [mut one, mut other] = rig.holders();
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    let held = hold(&mut one, worker).await;
    assert_eq!(keys(&held), [(id(1), 1)]);
    assert!(!held[0].is_apart);
    assert_eq!(rig.state(1).await, FangTaskState::New);
    assert!(hold(&mut other, worker).await.is_empty());
    let_go(&mut other).await;
    assert!(rig.claim(worker, 10).await.is_empty());
    let_go(&mut one).await;
    assert_eq!(rig.claim_one(worker).await.lease, 1, "nothing was written");
}

/// The same as a claim of it tells.
pub async fn a_held_task_tells_all_that_a_run_needs(rig: &dyn Rig) {
    let [mut holder, _] = rig.holders();
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    let held = hold(&mut holder, worker).await.remove(0).task;
    let_go(&mut holder).await;
    assert_eq!(held, rig.claim_one(worker).await);
}

/// As for a claim.
pub async fn a_paused_task_type_and_a_worker_that_is_gone_hold_nothing(rig: &dyn Rig) {
    let [mut holder, _] = rig.holders();
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    rig.store().pause(DEFAULT_TASK_TYPE).await.unwrap();
    assert!(hold(&mut holder, worker).await.is_empty());
    let_go(&mut holder).await;
    rig.store().resume(DEFAULT_TASK_TYPE).await.unwrap();
    assert_eq!(hold(&mut holder, worker).await.len(), 1);
    let_go(&mut holder).await;
    rig.retire(worker).await;
    assert!(hold(&mut holder, worker).await.is_empty());
    let_go(&mut holder).await;
}

/// One that is unique until it is started is started by a write; one whose process died may be a suspect.
pub async fn what_has_to_be_written_before_it_runs_is_set_apart(rig: &dyn Rig) {
    let [mut holder, _] = rig.holders();
    rig.insert(&[task(1)]).await;
    let dead = rig.worker().await;
    rig.claim_one(dead).await;
    rig.advance(LEASE * 2).await;
    let worker = rig.worker().await;
    assert_eq!(rig.rescue().await, Rescued { buried: 1, retried: 1, failed: 0 });
    rig.insert(&[task(2), unique_by(3, Unique::payload().until_started())]).await;
    let held = hold(&mut holder, worker).await;
    let mut apart: Vec<_> = held.iter().map(|held| (held.task.id.as_u128(), held.is_apart)).collect();
    apart.sort_unstable();
    assert_eq!(apart, [(1, true), (2, false), (3, true)]);
    let_go(&mut holder).await;
}

/// At the same moment.
pub async fn what_has_ended_goes_and_what_still_runs_becomes_a_claim(rig: &dyn Rig) {
    let [mut holder, _] = rig.holders();
    rig.insert(&[task(1), task(2), task(3)]).await;
    let (worker, other) = (rig.worker().await, rig.worker().await);
    let held = hold(&mut holder, worker).await;
    let place = |n: usize| held[n].place;
    let lease = vec![(worker, vec![place(1)]), (other, vec![place(2)])];
    holder.commit(&LockCommit { remove: vec![place(0)], write: lease }).await.unwrap();
    assert!(rig.store().find(id(1)).await.unwrap().is_none());
    assert!(rig.claim(worker, 10).await.is_empty());
    for (worker, held) in [(worker, &held[1]), (other, &held[2])] {
        assert_eq!(rig.find(held.task.id.as_u128()).await.lease, held.task.lease);
        assert!(rig.finish(worker, &held.task, Verdict::Keep).await, "the result was refused");
    }
}

/// Whoever holds it next must not run it, and makes it a claim of the one who may.
pub async fn what_was_listed_is_known_to_whoever_holds_it_next(rig: &dyn Rig) {
    let [mut lost, mut next] = rig.holders();
    rig.insert(&[task(1), task(2)]).await;
    let (loser, worker) = (rig.worker().await, rig.worker().await);
    let held = hold(&mut lost, loser).await;
    assert!(lost.list(loser, DEFAULT_TASK_TYPE, &keys(&held[..1])).await.unwrap().is_empty());
    drop(lost);
    let held = hold_some(&mut next, worker).await;
    let (first, second) = (&held[0].task, &held[1].task);
    let listed = next.list(worker, DEFAULT_TASK_TYPE, &keys(&held)).await.unwrap();
    assert_eq!(listed, [(id(1), loser)]);
    let lease = vec![(loser, vec![held[0].place]), (worker, vec![held[1].place])];
    next.commit(&LockCommit { remove: vec![], write: lease }).await.unwrap();
    assert_eq!((rig.find(1).await.lease, rig.find(2).await.lease), (1, 1));
    assert!(rig.finish(loser, first, Verdict::Remove).await, "the result was refused");
    assert!(rig.finish(worker, second, Verdict::Remove).await, "the result was refused");
}

/// Whoever claims it.
pub async fn a_claim_of_what_was_listed_belongs_to_the_one_who_listed_it(rig: &dyn Rig) {
    let [mut lost, _] = rig.holders();
    rig.insert(&[task(1), task(2)]).await;
    let (loser, worker) = (rig.worker().await, rig.worker().await);
    let held = hold(&mut lost, loser).await;
    lost.list(loser, DEFAULT_TASK_TYPE, &keys(&held[..1])).await.unwrap();
    drop(lost);
    assert_eq!(numbers(&claim_some(rig, worker).await), [2]);
    assert!(!rig.finish(worker, &held[0].task, Verdict::Remove).await, "it belongs to another");
    assert!(rig.finish(loser, &held[0].task, Verdict::Remove).await, "the result was refused");
}

/// Should the second one lose its connection as well, the first still has the task.
pub async fn what_another_has_listed_is_not_listed_again(rig: &dyn Rig) {
    let [mut lost, mut next] = rig.holders();
    rig.insert(&[task(1), task(2), task(3)]).await;
    let (first, second) = (rig.worker().await, rig.worker().await);
    let locked = hold(&mut lost, first).await;
    lost.list(first, DEFAULT_TASK_TYPE, &keys(&locked[..1])).await.unwrap();
    drop(lost);
    let locked = hold_some(&mut next, second).await;
    let theirs = next.list(second, DEFAULT_TASK_TYPE, &keys(&locked[..2])).await.unwrap();
    assert_eq!(theirs, [(id(1), first)]);
    drop(next);
    let third = rig.worker().await;
    assert_eq!(numbers(&claim_some(rig, third).await), [3]);
    assert!(rig.finish(first, &locked[0].task, Verdict::Remove).await, "it belongs to the first");
    assert!(rig.finish(second, &locked[1].task, Verdict::Remove).await, "it belongs to the second");
}

/// Others would make claims of them, which their worker would not know either.
pub async fn a_list_of_tasks_that_its_worker_does_not_know_is_taken_back(rig: &dyn Rig) {
    let [mut lost, mut next] = rig.holders();
    rig.insert(&[task(1), task(2)]).await;
    let (loser, other) = (rig.worker().await, rig.worker().await);
    let locked = hold(&mut lost, loser).await;
    lost.list(loser, DEFAULT_TASK_TYPE, &keys(&locked)).await.unwrap();
    let unlist =
        async |worker, known: &[(Uuid, i32)]| rig.store().unlist_unknown(worker, known).await.unwrap();
    assert_eq!(unlist(loser, &[]).await, 0, "the tasks are still locked");
    drop(lost);
    hold_some(&mut next, other).await;
    let_go(&mut next).await;
    assert_eq!(unlist(other, &[]).await, 0, "the list is that of another");
    assert_eq!(unlist(loser, &keys(&locked)).await, 0, "it knows all of them");
    assert_eq!(unlist(loser, &keys(&locked[..1])).await, 1);
    assert_eq!(numbers(&rig.claim(other, 10).await), [1, 2]);
}

/// As nothing of it runs any more.
pub async fn what_is_listed_no_more_is_free(rig: &dyn Rig) {
    let [mut lost, _] = rig.holders();
    rig.insert(&[task(1)]).await;
    let (first, next) = (rig.worker().await, rig.worker().await);
    let held = hold(&mut lost, first).await;
    lost.list(first, DEFAULT_TASK_TYPE, &keys(&held)).await.unwrap();
    // Once it is settled, what is listed would not matter; so its locks are lost.
    lost.unlist(first).await.unwrap();
    assert_eq!(numbers(&claim_some(rig, next).await), [1]);
}

/// Nothing of it can run any more that is not written down.
pub async fn what_was_listed_and_is_settled_is_free(rig: &dyn Rig) {
    let [mut one, mut other] = rig.holders();
    rig.insert(&[task(1), task(2)]).await;
    let (first, next) = (rig.worker().await, rig.worker().await);
    let held = hold(&mut one, first).await;
    one.list(first, DEFAULT_TASK_TYPE, &keys(&held)).await.unwrap();
    let_go(&mut one).await;
    assert_eq!(rig.claim(next, 1).await.len(), 1);
    let rest = hold(&mut other, next).await;
    assert_eq!(rest.len(), 1);
    assert!(other.list(next, DEFAULT_TASK_TYPE, &keys(&rest)).await.unwrap().is_empty());
    let_go(&mut other).await;
}

/// Unless it must not: then it finds what lies before.
pub async fn one_that_holds_may_begin_where_another_has_left_off(rig: &dyn Rig) {
    let [mut one, mut other] = rig.holders();
    let now = rig.now().await;
    rig.insert(&[task(1).at(now - MINUTE * 2), task(2).at(now - MINUTE)]).await;
    let (first, next) = (rig.worker().await, rig.worker().await);
    let held = hold(&mut one, first).await;
    assert_eq!(held_numbers(&held), [1, 2]);
    one.list(first, DEFAULT_TASK_TYPE, &keys(&held)).await.unwrap();
    rig.insert(&[task(3).at(now - MINUTE * 3), task(4)]).await;
    let ranges = ScanRanges::new(Mode::Asynk);
    assert_eq!(held_numbers(&hold_from(&mut other, next, &ranges.in_order(false, Start::Floor)).await), [4]);
    let_go(&mut other).await;
    assert_eq!(
        held_numbers(&hold_from(&mut other, next, &ranges.in_order(false, Start::Beginning)).await),
        [3, 4]
    );
    let_go(&mut other).await;
    let_go(&mut one).await;
}

/// It goes by the lease.
pub async fn what_was_listed_and_has_moved_on_is_free(rig: &dyn Rig) {
    let [mut one, mut other] = rig.holders();
    rig.insert(&[task(1)]).await;
    let (first, next) = (rig.worker().await, rig.worker().await);
    let held = hold(&mut one, first).await;
    one.list(first, DEFAULT_TASK_TYPE, &keys(&held)).await.unwrap();
    let lease = vec![(first, vec![held[0].place])];
    one.commit(&LockCommit { remove: Vec::new(), write: lease }).await.unwrap();
    assert!(rig.finish(first, &held[0].task, Verdict::Release { delay: Duration::ZERO }).await);
    let again = hold(&mut other, next).await;
    assert_eq!(keys(&again), [(id(1), 2)]);
    assert!(other.list(next, DEFAULT_TASK_TYPE, &keys(&again)).await.unwrap().is_empty());
    let_go(&mut other).await;
    assert_eq!(numbers(&rig.claim(next, 10).await), [1]);
}

/// By the one that lost them, unless others were faster.
pub async fn tasks_whose_locks_are_lost_can_still_be_claimed(rig: &dyn Rig) {
    let [mut lost, _] = rig.holders();
    rig.insert(&[task(1), task(2)]).await;
    let (loser, other) = (rig.worker().await, rig.worker().await);
    let held = hold(&mut lost, loser).await;
    let_go(&mut lost).await;
    assert_eq!(rig.claim(other, 1).await.len(), 1);
    for _ in 0..2 {
        lost.write_claims(loser, &keys(&held)).await.unwrap();
    }
    let result = |held: &LockedTask| Finish { id: held.task.id, lease: 1, verdict: Verdict::Remove };
    assert_eq!(rig.finish_all(loser, &held.iter().map(result).collect::<Vec<_>>()).await, 1);
    assert_eq!(rig.find(held[0].task.id.as_u128()).await.lease, 1);
}

/// Each such death counts, as for claims.
pub async fn the_death_of_a_worker_is_charged_to_what_it_had_listed(rig: &dyn Rig) {
    let [mut holder, _] = rig.holders();
    rig.insert(&[task(1), task(2)]).await;
    let dead = rig.worker().await;
    let held = hold(&mut holder, dead).await;
    assert_eq!(held_numbers(&held), [1, 2]);
    holder.list(dead, DEFAULT_TASK_TYPE, &keys(&held[..1])).await.unwrap();
    let_go(&mut holder).await;
    rig.advance(LEASE * 2).await;
    let worker = rig.worker().await;
    for _ in 0..2 {
        rig.store().rescue(&Rescue { by: Some(worker), ..RESCUE }).await.unwrap();
    }
    let (listed, spared) = (rig.find(1).await, rig.find(2).await);
    assert_eq!((listed.state, listed.crashes), (FangTaskState::Retried, 1));
    assert_eq!((spared.state, spared.crashes), (FangTaskState::New, 0));
}
