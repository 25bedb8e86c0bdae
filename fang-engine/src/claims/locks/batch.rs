//! The tasks of one lock-claim, and what its transaction writes when it commits.

use crate::by_id::{ById, Ids};
use crate::state::in_flight::InFlight;
use crate::state::results::Finished;
use fang_core::store::{Claimed, LockCommit, LockedTask, Place, Verdict, WorkerId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The tasks of one lock-claim.
#[derive(Debug)]
pub(super) struct Batch {
    worker: WorkerId,
    /// Tasks that may run here.
    own: ById<(i32, Place)>,
    /// Tasks that may still run elsewhere.
    foreign: Vec<(WorkerId, Place)>,
    apart: Ids,
}

impl Batch {
    /// The tasks that were locked for this worker. Returns all of them, including those to set
    /// [apart](Self::set_apart).
    pub(super) fn new(worker: WorkerId, locked: Vec<LockedTask>) -> (Self, Vec<Claimed>) {
        let mut batch = Self { worker, own: ById::default(), foreign: Vec::new(), apart: Ids::default() };
        let mut tasks = Vec::with_capacity(locked.len());
        for LockedTask { task, place, is_apart } in locked {
            if is_apart {
                batch.apart.insert(task.id);
            } else {
                batch.own.insert(task.id, (task.lease, place));
            }
            tasks.push(task);
        }
        (batch, tasks)
    }

    /// The worker for which they are locked.
    pub(super) fn worker(&self) -> WorkerId {
        self.worker
    }

    /// Takes out the tasks that only a written claim can take. Returns whether there are any.
    pub(super) fn set_apart(&self, tasks: &mut Vec<Claimed>) -> bool {
        if !self.apart.is_empty() {
            tasks.retain(|task| !self.apart.contains(&task.id));
        }
        !self.apart.is_empty()
    }

    /// Takes out the tasks that already run here by an earlier lock-claim whose connection was lost. They get
    /// written claims of the worker id under which they run.
    pub(super) fn set_running_apart(&mut self, in_flight: &InFlight, tasks: &mut Vec<Claimed>) {
        self.yield_to(in_flight.take_out_of(tasks), tasks);
    }

    /// Drops all tasks: none of them runs here.
    pub(super) fn forget(&mut self, tasks: &mut Vec<Claimed>) {
        self.own.clear();
        tasks.clear();
    }

    /// The tasks that may run here, by id and lease.
    pub(super) fn keys(&self) -> Vec<(Uuid, i32)> {
        self.own.iter().map(|(id, (lease, _))| (*id, *lease)).collect()
    }

    /// Takes out the tasks that other workers have listed. They get written claims of those workers.
    pub(super) fn yield_to(&mut self, listed: Vec<(Uuid, WorkerId)>, tasks: &mut Vec<Claimed>) {
        for (id, worker) in listed {
            if let Some((_, place)) = self.own.remove(&id) {
                self.foreign.push((worker, place));
            }
        }
        if !self.foreign.is_empty() {
            tasks.retain(|task| self.own.contains_key(&task.id));
        }
    }

    /// The writes of the commit, given the results so far.
    pub(super) fn to_commit(&self, results: Vec<Finished>) -> ToCommit {
        let (removed, others): (Vec<Finished>, Vec<Finished>) =
            results.into_iter().partition(|finished| finished.result.verdict == Verdict::Remove);
        let gone: Ids = removed.iter().map(|finished| finished.result.id).collect();
        let (mut remove, mut own) = (Vec::with_capacity(gone.len()), Vec::new());
        for (id, (_, place)) in &self.own {
            if gone.contains(id) { remove.push(*place) } else { own.push(*place) }
        }
        remove.sort_unstable();
        own.sort_unstable();
        let mut write = BTreeMap::new();
        if !own.is_empty() {
            write.insert(self.worker, own);
        }
        for (worker, place) in &self.foreign {
            write.entry(*worker).or_insert_with(Vec::new).push(*place);
        }
        let commit = LockCommit { remove, write: write.into_iter().collect() };
        ToCommit { commit, removed, others }
    }
}

/// The writes of a commit, and what becomes of the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ToCommit {
    /// The writes of its transaction.
    pub(super) commit: LockCommit,
    /// Results that are saved by the commit itself.
    pub(super) removed: Vec<Finished>,
    /// Results to save after the commit, like those of written claims.
    pub(super) others: Vec<Finished>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::example;
    use fang_core::store::Finish;

    const ME: WorkerId = WorkerId(1);
    const OTHER: WorkerId = WorkerId(2);

    fn id(number: u16) -> Uuid {
        Uuid::from_u128(number.into())
    }

    fn locked(number: u16, is_apart: bool) -> LockedTask {
        let task = Claimed { id: id(number), lease: 1, ..example() };
        LockedTask { task, place: Place(0, number), is_apart }
    }

    fn result(number: u16, verdict: Verdict) -> Finished {
        Finished {
            result: Finish { id: id(number), lease: 1, verdict, keep: None },
            worker: ME,
            may_be_saved: false,
        }
    }

    fn ids(tasks: &[Claimed]) -> Vec<Uuid> {
        tasks.iter().map(|task| task.id).collect()
    }

    #[test]
    fn ended_tasks_go_running_ones_become_written_claims_and_those_apart_are_left_alone() {
        let (batch, mut tasks) = Batch::new(ME, (1..=4).map(|number| locked(number, number == 4)).collect());
        assert!(batch.set_apart(&mut tasks));
        assert_eq!(ids(&tasks), [id(1), id(2), id(3)]);
        let ended = batch.to_commit(vec![result(1, Verdict::Remove), result(2, Verdict::Keep)]);
        let write = vec![(ME, vec![Place(0, 2), Place(0, 3)])];
        assert_eq!(ended.commit, LockCommit { remove: vec![Place(0, 1)], write });
        assert_eq!(ended.removed, [result(1, Verdict::Remove)]);
        assert_eq!(ended.others, [result(2, Verdict::Keep)]);
    }

    #[test]
    fn a_task_that_runs_here_already_does_not_run_again_and_becomes_a_written_claim() {
        let in_flight = InFlight::default();
        in_flight.add(ME, [(id(2), 1)]);
        let (mut batch, mut tasks) = Batch::new(ME, vec![locked(1, false), locked(2, false)]);
        batch.set_running_apart(&in_flight, &mut tasks);
        assert_eq!(ids(&tasks), [id(1)]);
        let write = batch.to_commit(Vec::new()).commit.write;
        assert_eq!(write, [(ME, vec![Place(0, 1), Place(0, 2)])]);
    }

    #[test]
    fn a_task_that_runs_here_under_an_earlier_identity_becomes_the_claim_of_that_one() {
        let (in_flight, earlier) = (InFlight::default(), OTHER);
        in_flight.add(earlier, [(id(2), 1)]);
        let (mut batch, mut tasks) = Batch::new(ME, vec![locked(1, false), locked(2, false)]);
        batch.set_running_apart(&in_flight, &mut tasks);
        assert_eq!(ids(&tasks), [id(1)]);
        let write = batch.to_commit(Vec::new()).commit.write;
        assert_eq!(write, [(ME, vec![Place(0, 1)]), (earlier, vec![Place(0, 2)])]);
    }

    #[test]
    fn a_task_that_another_has_listed_does_not_run_here_and_becomes_its_claim() {
        let (mut batch, mut tasks) = Batch::new(ME, vec![locked(1, false), locked(2, false)]);
        batch.yield_to(vec![(id(2), OTHER)], &mut tasks);
        assert_eq!(ids(&tasks), [id(1)]);
        assert_eq!(batch.keys(), [(id(1), 1)]);
        let commit = batch.to_commit(vec![result(1, Verdict::Remove)]).commit;
        assert_eq!(commit.remove, [Place(0, 1)]);
        assert_eq!(commit.write, [(OTHER, vec![Place(0, 2)])]);
    }
}
