//! Lock-claims. A connection locks a row and writes nothing. Its process lists the task, runs it, and commits.

use crate::action::Fate;
use crate::lists::Listed;
use crate::protocol::Protocol;
use crate::state::{Doubt, Job, Late, Process, State, TaskState};

/// The connection that locks a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lock {
    /// Its process.
    pub process: usize,
    /// Its number in the process.
    pub slot: usize,
}

/// A lock-claim in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LockClaim {
    /// The task, and the lease that it would be given next.
    pub job: Job,
    /// The stage that it has reached.
    pub stage: Stage,
}

/// The stage of a lock-claim, as its process knows it. The lock may be gone in any stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The row was locked. Next the process lists the task.
    Locked,
    /// The task is listed, perhaps also by this other worker. Next the process checks that it still has the lock.
    Listed(Option<usize>),
    /// The task does not run, because this other worker may run it. Next the process takes it out of the list.
    Withdraws(usize),
    /// The task does not run. The commit makes it a written claim of this worker.
    Yields(usize),
    /// The task runs.
    Runs,
    /// The task runs or has run, and its connection is known to be lost. Next it gets a written claim.
    Broken,
    /// The task could not be listed and does not run. Next the process ends the transaction.
    Abandoned,
    /// The transaction is over. Next the process takes back the list, which may have been written.
    Unlists,
}

impl State {
    /// A lock-claim. If its task already runs here because an earlier connection was lost, it does not run twice.
    pub(crate) fn lock(&mut self, protocol: &Protocol, p: usize, task: usize) {
        let process = &mut self.processes[p];
        let Some(slot) = process.slots.iter().position(Option::is_none) else { return };
        let row = &mut self.tasks[task];
        row.lock = Some(Lock { process: p, slot });
        let job = Job { task, lease: row.lease + 1, worker: process.worker };
        let run = process.runs_of().find(|run| run.is_of(job)).map(|run| run.worker);
        let owner = if protocol.yield_by_worker { run } else { run.map(|_| job.worker) };
        let stage = owner.map_or(Stage::Locked, Stage::Yields);
        process.slots[slot] = Some(LockClaim { job, stage });
    }

    /// Lists a task before it runs, or takes a task out of the list that another worker may run.
    pub(crate) fn list(&mut self, protocol: &Protocol, p: usize, slot: usize, fate: Fate) {
        let Some(LockClaim { job, stage }) = self.processes[p].slots[slot] else { return };
        let theirs = match stage {
            Stage::Withdraws(_) if fate != Fate::Late => {
                self.unlist(job.worker, slot);
                None
            }
            Stage::Locked if fate != Fate::Late => self.write_list(protocol, slot, job),
            Stage::Locked => {
                self.send_late(Late::List(Listed::new(job, slot), 0));
                None
            }
            _ => None,
        };
        if fate != Fate::Answered {
            self.left.losses -= 1;
            return self.processes[p].abandon(protocol, slot);
        }
        match stage {
            // The process checks its lock after each change of the list.
            Stage::Withdraws(_) if !self.has_lock(p, slot, job.task) => {
                self.processes[p].abandon(protocol, slot)
            }
            Stage::Withdraws(other) => self.processes[p].reach(slot, Stage::Yields(other)),
            _ => self.processes[p].reach(slot, Stage::Listed(theirs)),
        }
    }

    /// Checks that the lock is still there, and begins to run. From now on another claim would find the list.
    pub(crate) fn look(&mut self, protocol: &Protocol, p: usize, slot: usize) {
        let Some(LockClaim { job, stage: Stage::Listed(theirs) }) = self.processes[p].slots[slot] else {
            return;
        };
        if protocol.look && !self.has_lock(p, slot, job.task) {
            return self.processes[p].abandon(protocol, slot);
        }
        if let Some(other) = theirs {
            let is_listed = !protocol.list_own_only;
            let next = if is_listed { Stage::Withdraws(other) } else { Stage::Yields(other) };
            return self.processes[p].reach(slot, next);
        }
        self.begins(p, job);
        self.processes[p].known[job.task] = Some(job.lease);
        self.processes[p].reach(slot, Stage::Runs);
    }

    /// Commits. A run that has not ended gets a written claim.
    pub(crate) fn commit(&mut self, p: usize, slot: usize, has_ended: bool, fate: Fate) {
        let Some(LockClaim { job, stage }) = self.processes[p].slots[slot] else { return };
        let has_lock = self.has_lock(p, slot, job.task);
        if has_lock {
            self.end_transaction(job, slot, stage, has_ended);
        }
        if fate != Fate::Answered {
            self.left.losses -= 1;
        }
        let process = &mut self.processes[p];
        match stage {
            Stage::Runs if !has_lock || fate != Fate::Answered => process.reach(slot, Stage::Broken),
            Stage::Runs if has_ended => {
                process.slots[slot] = None;
                process.forget(job);
            }
            Stage::Runs => process.free_running(slot, job),
            Stage::Abandoned => process.reach(slot, Stage::Unlists),
            _ => process.slots[slot] = None,
        }
    }

    fn end_transaction(&mut self, job: Job, slot: usize, stage: Stage, has_ended: bool) {
        let row = &mut self.tasks[job.task];
        row.lock = None;
        match stage {
            Stage::Runs if has_ended => {
                row.accepted += 1;
                row.state = TaskState::Done;
            }
            Stage::Runs => self.write_claim(job),
            Stage::Yields(worker) => self.write_claim(Job { worker, ..job }),
            // The list of a committed transaction does not count, even if it arrives later.
            _ => {
                let listed = Listed::new(job, slot);
                let stray = Listed { is_stray: true, ..listed };
                self.lists.retain(|other| *other != listed && *other != stray);
                self.late.retain(|late| !matches!(late, Late::List(other, _) if *other == listed));
            }
        }
    }

    /// Makes a written claim of a run that lost its lock.
    pub(crate) fn repair(&mut self, p: usize, slot: usize) {
        let Some(LockClaim { job, .. }) = self.processes[p].slots[slot] else { return };
        self.write_claim(job);
        let process = &mut self.processes[p];
        process.free_running(slot, job);
        // Only the claim under way can bring this task again, since its row is written by now.
        process.unlocked = process.under_way.filter(|claim| claim.is_of(job)).or(process.unlocked);
    }

    /// A request of this slot fails because the database cannot be reached.
    pub(crate) fn slot_fails(&mut self, protocol: &Protocol, p: usize, slot: usize) {
        let process = &mut self.processes[p];
        match process.slots[slot].map(|claim| claim.stage) {
            Some(Stage::Locked | Stage::Listed(_) | Stage::Withdraws(_)) => process.abandon(protocol, slot),
            Some(Stage::Runs) => process.reach(slot, Stage::Broken),
            Some(Stage::Abandoned) => process.reach(slot, Stage::Unlists),
            Some(Stage::Yields(_)) => process.slots[slot] = None,
            _ => {}
        }
    }

    /// Takes back a list whose task does not run. The process repeats this until there is an answer.
    pub(crate) fn take_back(&mut self, protocol: &Protocol, p: usize, slot: usize) {
        let process = &mut self.processes[p];
        let Some(LockClaim { job, .. }) = process.slots[slot].take() else { return };
        if protocol.doubt_outlasts_lists {
            process.arise(protocol);
        }
        self.unlist(job.worker, slot);
    }

    /// The answer of a written claim arrives.
    pub(crate) fn answer(&mut self, protocol: &Protocol, p: usize) {
        let process = &mut self.processes[p];
        let unlocked = process.unlocked.take().filter(|_| protocol.memory);
        let Some(job) = process.under_way.take() else { return };
        if process.known[job.task] == Some(job.lease) || unlocked.is_some_and(|other| other.is_of(job)) {
            // The run may have ended, and its result may have come too late.
            return process.arise(protocol);
        }
        self.begins(p, job);
        self.processes[p].accept(job);
    }

    /// Checks a run that begins: its claim must stand, and no other living worker may run the task. Dead workers may
    /// break both.
    fn begins(&mut self, p: usize, job: Job) {
        if self.workers[job.worker].is_dead {
            return;
        }
        let row = &self.tasks[job.task];
        let stands = match row.lock {
            Some(lock) => lock.process == p,
            None => {
                row.state == TaskState::Running && row.lease == job.lease && row.locked_by == Some(job.worker)
            }
        };
        let is_same = |run: &Job| run.task == job.task && run.worker == job.worker;
        self.violations.again |= !stands || self.processes[p].runs_of().any(|run| is_same(&run));
        let elsewhere =
            self.processes.iter().enumerate().filter(|(q, _)| *q != p).flat_map(|(_, q)| q.runs_of());
        let mut elsewhere = elsewhere.filter(|run| run.task == job.task);
        self.violations.beside |= elsewhere.any(|run| !self.workers[run.worker].is_dead);
    }

    pub(crate) fn has_lock(&self, p: usize, slot: usize, task: usize) -> bool {
        self.tasks[task].lock == Some(Lock { process: p, slot })
    }

    /// Whether the process has given up the connection that locks this row.
    pub(crate) fn is_orphan(&self, task: usize) -> bool {
        self.tasks[task].lock.is_some_and(|lock| {
            let claim = self.processes[lock.process].slots.get(lock.slot).copied().flatten();
            claim.is_none_or(|claim| {
                claim.job.task != task || matches!(claim.stage, Stage::Broken | Stage::Unlists)
            })
        })
    }
}

impl Process {
    /// Whether its claimer is waiting for a claim.
    pub(crate) fn is_claiming(&self) -> bool {
        let is_begun =
            |claim: &LockClaim| matches!(claim.stage, Stage::Locked | Stage::Listed(_) | Stage::Withdraws(_));
        self.under_way.is_some() || self.slots.iter().flatten().any(is_begun)
    }

    /// The tasks that it runs or whose results are not saved yet.
    pub fn runs_of(&self) -> impl Iterator<Item = Job> {
        let is_run = |claim: &&LockClaim| matches!(claim.stage, Stage::Runs | Stage::Broken);
        self.jobs.iter().copied().chain(self.slots.iter().flatten().filter(is_run).map(|claim| claim.job))
    }

    /// Begins a time in which it reconciles.
    pub(crate) fn arise(&mut self, protocol: &Protocol) {
        self.doubt = Some(Doubt { left: protocol.lease + 1, was_asked: false });
    }

    /// Gives up a task that could not be listed. Others may still make it a claim of this worker.
    fn abandon(&mut self, protocol: &Protocol, slot: usize) {
        self.reach(slot, Stage::Abandoned);
        self.arise(protocol);
    }

    fn reach(&mut self, slot: usize, stage: Stage) {
        self.slots[slot] = self.slots[slot].map(|claim| LockClaim { stage, ..claim });
    }

    /// Frees the slot of a run that goes on under a written claim.
    fn free_running(&mut self, slot: usize, job: Job) {
        self.slots[slot] = None;
        self.jobs.push(job);
        self.jobs.sort_unstable();
    }
}

impl LockClaim {
    /// Whether it belongs to this worker or yields to it.
    pub(crate) fn names(&self, worker: usize) -> bool {
        let other = match self.stage {
            Stage::Listed(other) => other,
            Stage::Withdraws(other) | Stage::Yields(other) => Some(other),
            _ => None,
        };
        self.job.worker == worker || other == Some(worker)
    }

    pub(crate) fn renumber(&mut self, new: impl Fn(usize) -> usize) {
        self.job.worker = new(self.job.worker);
        match &mut self.stage {
            Stage::Listed(Some(other)) | Stage::Withdraws(other) | Stage::Yields(other) => {
                *other = new(*other)
            }
            _ => {}
        }
    }
}

impl Job {
    /// Whether it is another claim of the same task under the same lease.
    fn is_of(&self, other: Job) -> bool {
        (self.task, self.lease) == (other.task, other.lease)
    }
}
