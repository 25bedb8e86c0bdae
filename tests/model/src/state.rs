//! Everything there is at one moment. Instants are kept as ages, which stop counting where it no longer
//! matters: so there are finitely many states, and histories of any length.

use crate::lists::Listed;
use crate::lock_claim::{Lock, LockClaim};
use crate::protocol::{Faults, Protocol};

/// One moment of the whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The rows of `fang_tasks`.
    pub tasks: Vec<Task>,
    /// The rows of `fang_workers`.
    pub workers: Vec<Worker>,
    /// The rows of `fang_lock_claims`: tasks that run or ran under locks alone.
    pub lists: Vec<Listed>,
    /// The processes.
    pub processes: Vec<Process>,
    /// Whether the database can be reached.
    pub link: Link,
    /// For how long the server has been up.
    pub up_for: u8,
    /// Since the last beat of anybody.
    pub unheard_for: u8,
    /// For how long beats have come without a gap of half a lease.
    pub well_for: u8,
    /// Requests that were given up by who sent them and may still arrive.
    pub late: Vec<Late>,
    /// What may still go wrong.
    pub left: Faults,
    /// What must never have happened.
    pub violations: Violations,
}

/// The column `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// New or retried.
    Waiting,
    /// Claimed.
    Running,
    /// A result was accepted.
    Done,
    /// Its processes died too often.
    Failed,
}

/// A row of `fang_tasks`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Task {
    /// Its state.
    pub state: TaskState,
    /// How often it was claimed.
    pub lease: u8,
    /// Who claimed it.
    pub locked_by: Option<usize>,
    /// The connection that has its row locked.
    pub lock: Option<Lock>,
    /// How often its process died.
    pub crashes: u8,
    /// How many results were accepted: at most one.
    pub accepted: u8,
}

/// A row of `fang_workers`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Worker {
    /// Which process it is. The database does not know that.
    pub process: usize,
    /// Since its last beat.
    pub silent_for: u8,
    /// Whether it was declared dead.
    pub is_dead: bool,
    /// It was, though its process lived and was not paused for so long.
    pub is_wronged: bool,
    /// It was, after its beats had failed.
    pub was_cut_off: bool,
}

/// What a process is able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Life {
    /// It runs.
    Running,
    /// It is stopped, and may be resumed.
    Paused,
    /// It was killed.
    Dead,
}

/// A process: its heart, its claimer, its workers, its finisher.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// What it is able to do.
    pub life: Life,
    /// Its row.
    pub worker: usize,
    /// In this tick.
    pub has_beaten: bool,
    /// Whether beats have failed since the last good one.
    pub was_cut_off: bool,
    /// Ticks that it was paused since its last good beat.
    pub paused_for: u8,
    /// A sweep that is under way.
    pub sweep: Option<Sweep>,
    /// The runs without a saved result.
    pub jobs: Vec<Job>,
    /// What it knows it holds: for each task the lease of the last claim.
    pub known: Vec<Option<u8>>,
    /// Whether a claim without an answer may have been made.
    pub doubt: Option<Doubt>,
    /// The lock-claims of its connections.
    pub slots: Vec<Option<LockClaim>>,
    /// A written claim that the server has made, while the answer is on its way.
    pub under_way: Option<Job>,
    /// A task that lost its lock and became a written claim since that claim began.
    pub unlocked: Option<Job>,
}

/// The statements of a sweep, of which the next is named, and how long it has been under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sweep {
    /// Declare the silent dead.
    Bury(u8),
    /// Make written claims of the tasks that the dead have listed.
    Collect(u8),
    /// Take back what the dead hold.
    Rescue(u8),
}

/// A claimed task in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Job {
    /// Which task.
    pub task: usize,
    /// Of its claim.
    pub lease: u8,
    /// Under which identity it was claimed.
    pub worker: usize,
}

/// After a claim without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Doubt {
    /// Ticks in which the server may still make the claim.
    pub left: u8,
    /// Whether the process has given back what it does not know of, in this tick.
    pub was_asked: bool,
}

/// Whether the database can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// It can.
    Up,
    /// It is restarting.
    Restarting,
    /// It is up, and nobody reaches it.
    Cut,
}

/// A request on its way, and for how long it has been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Late {
    /// A claim by this worker.
    Claim(usize, u8),
    /// A result.
    Finish(Job, u8),
    /// A list.
    List(Listed, u8),
}

/// What must never have happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Violations {
    /// A result was accepted whose claim no longer stood.
    pub stale: bool,
    /// A task was charged a crash though its process lived and was not paused for a lease.
    pub unjust: bool,
    /// The same, after an outage.
    pub rerun: bool,
    /// A task began to run while another living worker ran it.
    pub beside: bool,
    /// A process began to run a task that it ran already, or whose claim no longer stood.
    pub again: bool,
}

impl State {
    /// A fleet that has long been running, and tasks that have just been inserted.
    pub fn new(protocol: &Protocol) -> Self {
        let task = Task {
            state: TaskState::Waiting,
            lease: 0,
            locked_by: None,
            lock: None,
            crashes: 0,
            accepted: 0,
        };
        Self {
            tasks: vec![task; protocol.tasks],
            workers: (0..protocol.processes).map(Worker::new).collect(),
            lists: Vec::new(),
            processes: (0..protocol.processes).map(|n| Process::new(protocol, n)).collect(),
            link: Link::Up,
            up_for: protocol.lease + 1,
            unheard_for: 0,
            well_for: protocol.lease,
            late: Vec::new(),
            left: protocol.faults,
            violations: Violations::default(),
        }
    }

    /// Whether all tasks are over.
    pub fn is_over(&self) -> bool {
        self.tasks.iter().all(|task| matches!(task.state, TaskState::Done | TaskState::Failed))
    }
}

impl State {
    /// Leaves out the dead whom nothing names any more, so that states which differ in nothing else are one. The
    /// others move up; no worker takes the number of another that is named.
    pub(crate) fn forget_workers(&mut self) {
        for gone in (0..self.workers.len()).rev() {
            if self.workers[gone].is_dead && !self.is_named(gone) {
                self.workers.remove(gone);
                self.renumber(|worker| if worker > gone { worker - 1 } else { worker });
            }
        }
    }

    fn is_named(&self, worker: usize) -> bool {
        let is_late = |late: &Late| match late {
            Late::Claim(by, _) => *by == worker,
            Late::Finish(job, _) => job.worker == worker,
            Late::List(listed, _) => listed.worker == worker,
        };
        self.tasks.iter().any(|task| task.locked_by == Some(worker))
            || self.late.iter().any(is_late)
            || self.lists.iter().any(|listed| listed.worker == worker)
            || self.processes.iter().any(|process| {
                (process.life != Life::Dead && process.worker == worker)
                    || process.jobs.iter().chain(&process.under_way).any(|job| job.worker == worker)
                    || process.slots.iter().flatten().any(|claim| claim.names(worker))
            })
    }

    fn renumber(&mut self, new: impl Fn(usize) -> usize) {
        for task in &mut self.tasks {
            task.locked_by = task.locked_by.map(&new);
        }
        for process in &mut self.processes {
            process.worker = new(process.worker);
            let jobs = process.jobs.iter_mut().chain(&mut process.under_way).chain(&mut process.unlocked);
            jobs.for_each(|job| job.worker = new(job.worker));
            process.slots.iter_mut().flatten().for_each(|claim| claim.renumber(&new));
        }
        self.lists.iter_mut().for_each(|listed| listed.worker = new(listed.worker));
        for late in &mut self.late {
            match late {
                Late::Claim(by, _) => *by = new(*by),
                Late::Finish(job, _) => job.worker = new(job.worker),
                Late::List(listed, _) => listed.worker = new(listed.worker),
            }
        }
    }
}

impl Worker {
    /// One that has just registered.
    pub fn new(process: usize) -> Self {
        Self { process, silent_for: 0, is_dead: false, is_wronged: false, was_cut_off: false }
    }
}

impl Process {
    fn new(protocol: &Protocol, worker: usize) -> Self {
        Self {
            life: Life::Running,
            worker,
            has_beaten: false,
            was_cut_off: false,
            paused_for: 0,
            sweep: None,
            jobs: Vec::new(),
            known: vec![None; protocol.tasks],
            doubt: None,
            slots: vec![None; protocol.slots],
            under_way: None,
            unlocked: None,
        }
    }

    /// Whether a pause accounts for its silence: one of a lease, or a shorter one and beats that failed.
    pub(crate) fn was_paused_past(&self, protocol: &Protocol) -> bool {
        self.paused_for >= if self.was_cut_off { 1 } else { protocol.lease }
    }

    /// Whether it can act.
    pub fn runs(&self) -> bool {
        self.life == Life::Running
    }
}
