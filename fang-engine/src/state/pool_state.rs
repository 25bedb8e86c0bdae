//! What the parts of a pool know of each other. No clock, no waiting.

use super::in_flight::InFlight;
use super::job::Job;
use super::load::Gauge;
use super::results::Finished;
use super::run::{Environment, Run};
use super::stats::Stats;
use crate::policy::decide::{Outcome, decide};
use crate::policy::weights::Share;
use fang_core::kind::Kinds;
use fang_core::notify::Notice;
use fang_core::store::{Claimed, Finish, WorkerId};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The identity before the first; the store knows no such worker.
const NOBODY: i64 = 0;

/// What the parts of a pool know of each other.
#[derive(Debug)]
pub struct PoolState {
    /// What runs see of the pool. Set when it starts.
    pub environment: Arc<Environment>,
    /// The task types that the pool works on. Set when it starts.
    pub shares: Vec<Share>,
    /// Which kinds it runs. Set when it starts; workers read.
    pub kinds: Kinds,
    /// How busy it is. The claimer, workers and the finisher write; the claimer reads.
    pub gauge: Gauge,
    /// What is claimed and not yet saved. The claimer and settlers add, the finisher removes.
    pub in_flight: InFlight,
    /// What happened so far.
    pub stats: Stats,
    /// For each task type, whether somebody inserted such a task. Notifications write; the claimer takes.
    inserted: Vec<Mutex<Option<Notice>>>,
    /// Whether tasks have kept places that claims may have passed by. Notifications write; the claimer takes.
    came_back: AtomicBool,
    /// Whether the server may have crashed, and forgotten results, or others may have made claims of a list that was taken
    /// back. The listening connection, settlers and the claimer write; the claimer takes.
    may_be_forgotten: AtomicBool,
    /// How many workers there are to be. The application writes; the claimer reads.
    workers: AtomicUsize,
    /// The identity of the pool. The heart writes; all read.
    worker: AtomicI64,
}

impl PoolState {
    /// Of a pool that begins.
    pub fn new(environment: Environment, shares: Vec<Share>, kinds: Kinds) -> Self {
        Self {
            environment: Arc::new(environment),
            inserted: shares.iter().map(|_| Mutex::new(Some(Notice::Burst))).collect(),
            shares,
            kinds,
            gauge: Gauge::default(),
            in_flight: InFlight::default(),
            stats: Stats::default(),
            came_back: AtomicBool::new(false),
            may_be_forgotten: AtomicBool::new(false),
            workers: AtomicUsize::new(0),
            worker: AtomicI64::new(NOBODY),
        }
    }

    /// The identity under which the pool claims now.
    pub fn worker(&self) -> WorkerId {
        WorkerId(self.worker.load(Ordering::SeqCst))
    }

    /// Goes on under this identity, and is to look everywhere.
    pub fn goes_on_as(&self, worker: WorkerId) {
        self.worker.store(worker.0, Ordering::SeqCst);
        (0..self.shares.len()).for_each(|index| self.mark_inserted(index, Notice::Burst));
    }

    /// Somebody inserted a task of this type.
    pub fn mark_inserted(&self, index: usize, notice: Notice) {
        if let Some(inserted) = self.inserted.get(index) {
            let mut inserted = inserted.lock().unwrap_or_else(PoisonError::into_inner);
            *inserted = inserted.max(Some(notice));
        }
    }

    /// Whether somebody did since this was last asked.
    pub fn take_inserted(&self, index: usize) -> Option<Notice> {
        self.inserted.get(index)?.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Tasks have kept places that claims may have passed by.
    pub fn came_back(&self) {
        self.came_back.store(true, Ordering::SeqCst);
    }

    /// Whether some have since this was last asked.
    pub fn take_came_back(&self) -> bool {
        self.came_back.swap(false, Ordering::SeqCst)
    }

    /// The server may have crashed, and forgotten results, or others may have made claims of a list that was taken back.
    pub fn may_be_forgotten(&self) {
        self.may_be_forgotten.store(true, Ordering::SeqCst);
    }

    /// Whether either was so since this was last asked.
    pub fn take_may_be_forgotten(&self) -> bool {
        self.may_be_forgotten.swap(false, Ordering::SeqCst)
    }

    /// How many workers there are to be.
    pub fn workers(&self) -> usize {
        self.workers.load(Ordering::Relaxed)
    }

    /// From now on there are to be this many workers. Returns how many before.
    pub fn resize(&self, workers: usize) -> usize {
        self.workers.swap(workers, Ordering::SeqCst)
    }

    /// The run of a task, which has to end by the deadline.
    pub fn run(&self, job: &Job, deadline: Option<Instant>) -> Arc<Run> {
        let Job { task, task_type, worker, unwritten } = job;
        Arc::new(Run {
            id: task.id,
            attempt: u32::try_from(task.retries).unwrap_or_default().saturating_add(1),
            lease: task.lease,
            worker: *worker,
            task_type: task_type.clone(),
            deadline,
            unwritten: unwritten.clone(),
            environment: self.environment.clone(),
            is_told_to_end: AtomicBool::new(false),
            wish: Mutex::default(),
        })
    }

    /// Whether a task still belongs to this pool. After the pool was declared dead, its tasks run elsewhere: such a task
    /// is to be dropped, and is counted.
    pub fn has(&self, job: &Job) -> bool {
        let is_own = job.worker == self.worker();
        if !is_own {
            self.lost(&job.task);
        }
        is_own
    }

    /// A claim that no longer stands was dropped.
    pub fn lost(&self, task: &Claimed) {
        self.stats.late.fetch_add(1, Ordering::Relaxed);
        self.in_flight.remove([(task.id, task.lease)]);
    }

    /// What to save of a run that ended so.
    pub fn finished(&self, job: &Job, outcome: Outcome) -> Finished {
        let Environment { signals, retention, .. } = &*self.environment;
        let (id, lease) = (job.task.id, job.task.lease);
        let outcome = if signals.is_cancelled((id, lease)) { outcome.of_cancelled() } else { outcome };
        let verdict = decide(&job.task, outcome, *retention);
        let may_be_saved = signals.take_saved((id, lease));
        Finished { result: Finish { id, lease, verdict }, worker: job.worker, may_be_saved }
    }
}
