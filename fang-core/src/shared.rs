//! What the parts of a running pool share, whatever they wait on.

use crate::context::{Context, Run, Surroundings};
use crate::decide::{Outcome, decide};
use crate::held::Held;
use crate::kind::Kinds;
use crate::load::Gauge;
use crate::pool::Stats;
use crate::results::Finished;
use crate::rota::Share;
use crate::store::{Claimed, Finish, WorkerId};
use crate::wake::Announced;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The identity before the first; the store knows no such worker.
const NOBODY: i64 = 0;

/// What a worker is told to do. `H` is where results of held tasks go.
#[derive(Debug)]
pub enum Order<H> {
    /// Run a task, and go on.
    Run(Job<H>),
    /// End: there are to be fewer workers.
    Leave,
}

/// A claimed task on its way to a worker.
#[derive(Debug)]
pub struct Job<H> {
    /// The task.
    pub task: Claimed,
    /// Its type.
    pub task_type: Arc<str>,
    /// The identity under which it was claimed.
    pub worker: WorkerId,
    /// Where its result goes instead, while it is held.
    pub held: Option<Arc<H>>,
}

/// What the parts of a running pool share.
#[derive(Debug)]
pub struct Shared {
    /// What runs see of the pool.
    pub surroundings: Arc<Surroundings>,
    /// The task types that the pool works on.
    pub shares: Vec<Share>,
    /// Which kinds it runs.
    pub kinds: Kinds,
    /// How much is under way.
    pub gauge: Gauge,
    /// What is claimed and not yet saved.
    pub held: Held,
    /// What happened so far.
    pub stats: Stats,
    /// For each task type, whether somebody inserted such a task.
    woken: Vec<Mutex<Option<Announced>>>,
    /// Whether tasks have kept places that claims may have passed by.
    came_back: AtomicBool,
    /// Whether the server may have crashed, and forgotten results.
    may_be_forgotten: AtomicBool,
    /// How many workers there are to be.
    workers: AtomicUsize,
    worker: AtomicI64,
}

impl Shared {
    /// Of a pool that begins.
    pub fn new(surroundings: Surroundings, shares: Vec<Share>, kinds: Kinds) -> Self {
        Self {
            surroundings: Arc::new(surroundings),
            woken: shares.iter().map(|_| Mutex::new(Some(Announced::First))).collect(),
            shares,
            kinds,
            gauge: Gauge::default(),
            held: Held::default(),
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

    /// Goes on under this identity, the first or one after the last was declared dead, and is to look everywhere.
    pub fn goes_on_as(&self, worker: WorkerId) {
        self.worker.store(worker.0, Ordering::SeqCst);
        (0..self.shares.len()).for_each(|turn| self.mark_inserted(turn, Announced::First));
    }

    /// Somebody inserted a task of this type. Whoever says so wakes the claimer.
    pub fn mark_inserted(&self, turn: usize, announced: Announced) {
        if let Some(woken) = self.woken.get(turn) {
            let mut woken = woken.lock().unwrap_or_else(PoisonError::into_inner);
            *woken = woken.max(Some(announced));
        }
    }

    /// Whether somebody did since this was last asked.
    pub fn take_inserted(&self, turn: usize) -> Option<Announced> {
        self.woken.get(turn)?.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Tasks have kept places that claims may have passed by.
    pub fn came_back(&self) {
        self.came_back.store(true, Ordering::SeqCst);
    }

    /// Whether some have since this was last asked.
    pub fn take_came_back(&self) -> bool {
        self.came_back.swap(false, Ordering::SeqCst)
    }

    /// The server may have crashed, and forgotten results.
    pub fn may_be_forgotten(&self) {
        self.may_be_forgotten.store(true, Ordering::SeqCst);
    }

    /// Whether it may have since this was last asked.
    pub fn take_may_be_forgotten(&self) -> bool {
        self.may_be_forgotten.swap(false, Ordering::SeqCst)
    }

    /// How many workers there are to be.
    pub fn workers(&self) -> usize {
        self.workers.load(Ordering::Relaxed)
    }

    /// From now on there are to be so many workers; returns how many before.
    pub fn resize(&self, workers: usize) -> usize {
        self.workers.swap(workers, Ordering::SeqCst)
    }

    /// What a run sees of itself.
    pub fn context<H>(&self, job: &Job<H>, deadline: Option<Instant>) -> Context {
        let Job { task, task_type, worker, .. } = job;
        let attempt = u32::try_from(task.retries).unwrap_or_default().saturating_add(1);
        let (id, lease, worker, task_type) = (task.id, task.lease, *worker, task_type.clone());
        Context::new(Run { id, attempt, lease, worker, task_type, deadline }, &self.surroundings)
    }

    /// Whether a task still belongs to this pool. After it was declared dead, what it had claimed runs elsewhere: such a
    /// task is to be dropped, and is counted.
    pub fn has<H>(&self, job: &Job<H>) -> bool {
        let is_own = job.worker == self.worker();
        if !is_own {
            self.lost(&job.task);
        }
        is_own
    }

    /// A claim that no longer stands was dropped.
    pub fn lost(&self, task: &Claimed) {
        self.stats.late.fetch_add(1, Ordering::Relaxed);
        self.held.remove([(task.id, task.lease)]);
    }

    /// What to save of a run that ended so.
    pub fn finished<H>(&self, job: &Job<H>, outcome: Outcome) -> Finished {
        let Surroundings { runs, retention, .. } = &*self.surroundings;
        let (id, lease) = (job.task.id, job.task.lease);
        let outcome = if runs.is_cancelled((id, lease)) { outcome.of_cancelled() } else { outcome };
        let verdict = decide(&job.task, outcome, *retention);
        let may_be_saved = runs.take_saved((id, lease));
        Finished { result: Finish { id, lease, verdict }, worker: job.worker, may_be_saved }
    }
}
