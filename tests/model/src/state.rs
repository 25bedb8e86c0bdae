//! The state of the model. Instants are kept as ages that stop counting once they no longer matter, so there are
//! finitely many states and histories of any length.

use crate::lists::Listed;
use crate::lock_claim::{Lock, LockClaim};
use crate::protocol::{Faults, Protocol};

/// The state of the database and all processes.
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
    /// The time since the server started.
    pub up_for: u8,
    /// The time since the last beat of any worker.
    pub unheard_for: u8,
    /// The time in which beats have come without a gap of half a lease.
    pub well_for: u8,
    /// Requests that their process has given up and that may still arrive.
    pub late: Vec<Late>,
    /// The faults that may still happen.
    pub left: Faults,
    /// The violations so far.
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
    /// The worker that claimed it.
    pub locked_by: Option<usize>,
    /// The connection that locks its row.
    pub lock: Option<Lock>,
    /// How often its process died.
    pub crashes: u8,
    /// How many results were accepted. Must be at most one.
    pub accepted: u8,
}

/// A row of `fang_workers`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Worker {
    /// Its process. The database does not know that.
    pub process: usize,
    /// The time since its last beat.
    pub silent_for: u8,
    /// Whether it was declared dead.
    pub is_dead: bool,
    /// Whether it was declared dead though its process lived and was not paused for that long.
    pub is_wronged: bool,
    /// Whether it was declared dead after its beats had failed.
    pub was_cut_off: bool,
}

/// Whether a process can act.
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
    /// Whether it can act.
    pub life: Life,
    /// The number of its row.
    pub worker: usize,
    /// Whether it has beaten in this tick.
    pub has_beaten: bool,
    /// Whether beats have failed since the last good one.
    pub was_cut_off: bool,
    /// How many ticks it was paused since its last good beat.
    pub paused_for: u8,
    /// The sweep under way.
    pub sweep: Option<Sweep>,
    /// The runs without a saved result.
    pub jobs: Vec<Job>,
    /// The claims that it knows: for each task the lease of the last claim.
    pub known: Vec<Option<u8>>,
    /// Set while a claim without an answer may have been made.
    pub doubt: Option<Doubt>,
    /// The lock-claims of its connections.
    pub slots: Vec<Option<LockClaim>>,
    /// A written claim that the server has made and whose answer is on its way.
    pub under_way: Option<Job>,
    /// A task that lost its lock and got a written claim since the claim under way began.
    pub unlocked: Option<Job>,
}

/// The next statement of a sweep, and how long it has been under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sweep {
    /// Declare silent workers dead.
    Bury(u8),
    /// Make written claims of the tasks that dead workers have listed.
    Collect(u8),
    /// Take back the tasks of dead workers.
    Rescue(u8),
}

/// A claimed task in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Job {
    /// The task.
    pub task: usize,
    /// The lease of its claim.
    pub lease: u8,
    /// The worker that claimed it.
    pub worker: usize,
}

/// The time after a claim without an answer, in which the process reconciles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Doubt {
    /// How many ticks the server may still make the claim.
    pub left: u8,
    /// Whether the process has given back unknown claims in this tick.
    pub was_asked: bool,
}

/// Whether the database can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// It can.
    Up,
    /// It is restarting.
    Restarting,
    /// It is up, and no process reaches it.
    Cut,
}

/// A request on its way, and how long it has been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Late {
    /// A claim by this worker.
    Claim(usize, u8),
    /// A result.
    Finish(Job, u8),
    /// A list.
    List(Listed, u8),
}

/// Events that must never happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Violations {
    /// A result was accepted whose claim no longer stood.
    pub stale: bool,
    /// A task was charged a crash though its process lived and was not paused for a lease.
    pub unjust: bool,
    /// As `unjust`, after an outage.
    pub rerun: bool,
    /// A task began to run while another living worker ran it.
    pub beside: bool,
    /// A process began to run a task that it ran already, or whose claim no longer stood.
    pub again: bool,
}

impl State {
    /// The first state: processes that have run for long, and new tasks.
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
    /// Removes dead workers that are not referenced any more, so that states that differ only in these are the same.
    /// The others are renumbered.
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
    /// A worker that has just registered.
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

    /// Whether a pause explains its silence: one of a lease, or a shorter one together with failed beats.
    pub(crate) fn was_paused_past(&self, protocol: &Protocol) -> bool {
        self.paused_for >= if self.was_cut_off { 1 } else { protocol.lease }
    }

    /// Whether it can act.
    pub fn runs(&self) -> bool {
        self.life == Life::Running
    }
}
