//! The list of lock-claimed tasks, and the statements that read or write it. Only entries of aborted transactions
//! matter. While a transaction is open, the rows of its tasks are locked. Its commit removes each row or gives it a
//! written claim.

use crate::protocol::Protocol;
use crate::state::{Job, Late, State, TaskState};

/// A task that a worker has listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Listed {
    /// The task.
    pub task: usize,
    /// The lease that it would be given next.
    pub lease: u8,
    /// The worker that may run it.
    pub worker: usize,
    /// The connection that locked the row.
    pub slot: usize,
    /// Whether it was written after its process had given it up and its lock was gone.
    pub is_stray: bool,
}

impl State {
    /// Writes a list, in place of the last one of this slot. Returns the other worker that has listed the task.
    pub(crate) fn write_list(&mut self, protocol: &Protocol, slot: usize, job: Job) -> Option<usize> {
        self.unlist(job.worker, slot);
        let other = self.listed_by_other(job.task, job.lease, job.worker);
        self.insert_list(protocol, Listed::new(job, slot));
        other
    }

    /// Writes a list that its process has given up.
    pub(crate) fn late_list(&mut self, protocol: &Protocol, listed: Listed) {
        let process = self.workers[listed.worker].process;
        let is_open = self.has_lock(process, listed.slot, listed.task);
        self.insert_list(protocol, Listed { is_stray: !is_open, ..listed });
    }

    fn insert_list(&mut self, protocol: &Protocol, listed: Listed) {
        let is_other = self.listed_by_other(listed.task, listed.lease, listed.worker).is_some();
        if protocol.list && !(protocol.list_own_only && is_other) {
            self.lists.push(listed);
            self.lists.sort_unstable();
            self.lists.dedup();
        }
    }

    /// Removes the list of a slot. The process does not know of stray lists.
    pub(crate) fn unlist(&mut self, worker: usize, slot: usize) {
        self.lists.retain(|listed| listed.is_stray || (listed.worker, listed.slot) != (worker, slot));
    }

    /// Removes listed tasks that their process does not run. Returns whether there were any.
    pub(crate) fn unlist_unknown(&mut self, p: usize) -> bool {
        let (process, before) = (&self.processes[p], self.lists.len());
        self.lists.retain(|listed| {
            let claim = process.slots.get(listed.slot).copied().flatten();
            let is_known = claim.is_some_and(|claim| Listed::new(claim.job, listed.slot) == *listed);
            listed.worker != process.worker || is_known
        });
        self.lists.len() < before
    }

    /// The other worker that has listed a task under this lease. If there are several, the one with the largest number.
    pub(crate) fn listed_by_other(&self, task: usize, lease: u8, me: usize) -> Option<usize> {
        let same = self.lists.iter().filter(|listed| (listed.task, listed.lease) == (task, lease));
        same.map(|listed| listed.worker).filter(|worker| *worker != me).max()
    }

    /// Makes a written claim of a lock-claim, unless the task was claimed meanwhile.
    pub(crate) fn write_claim(&mut self, job: Job) {
        let row = &mut self.tasks[job.task];
        if row.lock.is_none() && row.state == TaskState::Waiting && row.lease + 1 == job.lease {
            row.state = TaskState::Running;
            row.lease = job.lease;
            row.locked_by = Some(job.worker);
        }
    }

    /// Makes written claims of the tasks that dead workers have listed. Skips locked rows.
    pub(crate) fn collect(&mut self) {
        for listed in self.lists.clone() {
            if self.workers[listed.worker].is_dead {
                self.write_claim(Job { task: listed.task, lease: listed.lease, worker: listed.worker });
            }
        }
    }

    /// Removes entries with a past lease, which no statement reads.
    pub(crate) fn forget_lists(&mut self) {
        let tasks = &self.tasks;
        let matters = |listed: &Listed| {
            let row = &tasks[listed.task];
            row.state == TaskState::Waiting && row.lease + 1 == listed.lease
        };
        self.lists.retain(matters);
        self.late.retain(|late| !matches!(late, Late::List(listed, _) if !matters(listed)));
    }
}

impl Listed {
    pub(crate) fn new(job: Job, slot: usize) -> Self {
        Self { task: job.task, lease: job.lease, worker: job.worker, slot, is_stray: false }
    }
}
