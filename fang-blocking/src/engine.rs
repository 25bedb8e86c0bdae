//! What the parts of a running pool share.

use crate::handle::Handle;
use crate::holder::HeldBatch;
use crate::waiting::{Notify, Watch};
use crossbeam_channel::Sender;
use fang_core::context::{Context, Run, Surroundings};
use fang_core::decide::{Outcome, decide};
use fang_core::held::Held;
use fang_core::kind::Kinds;
use fang_core::load::Gauge;
use fang_core::pool::Stats;
use fang_core::results::Finished;
use fang_core::rota::Share;
use fang_core::runs::RunKey;
use fang_core::store::{Claimed, Finish, Store, WorkerId};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The identity before the first; the store knows no such worker.
const NOBODY: i64 = 0;

/// What a worker is told to do.
pub(crate) enum Order {
    /// Run a task, and go on.
    Run(Job),
    /// End: there are to be fewer workers.
    Leave,
}

/// A claimed task on its way to a worker.
pub(crate) struct Job {
    pub(crate) task: Claimed,
    pub(crate) task_type: Arc<str>,
    /// The identity under which it was claimed.
    pub(crate) worker: WorkerId,
    /// Where its result goes instead, while it is held.
    pub(crate) held: Option<Arc<HeldBatch>>,
}

/// What the parts of a running pool share.
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) queue: Handle,
    pub(crate) surroundings: Arc<Surroundings>,
    /// The task types that the pool works on.
    pub(crate) shares: Vec<Share>,
    pub(crate) kinds: Kinds,
    pub(crate) gauge: Gauge,
    pub(crate) held: Held,
    /// How far the shutdown has come.
    pub(crate) phase: Watch,
    /// Dropped when no more results will come. Here, so that it lives for as long as any part does.
    pub(crate) closing: Mutex<Option<Sender<Infallible>>>,
    /// Wakes the claimer.
    pub(crate) notify: Notify,
    /// A task that runs here was cancelled, or the heart may stop.
    pub(crate) cancelled: Notify,
    pub(crate) stats: Stats,
    /// For each task type, whether somebody inserted such a task.
    woken: Vec<AtomicBool>,
    /// How many workers there are to be.
    workers: AtomicUsize,
    worker: AtomicI64,
    epoch: Instant,
}

impl Engine {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        queue: Handle,
        surroundings: Surroundings,
        shares: Vec<Share>,
        kinds: Kinds,
    ) -> Self {
        Self {
            store,
            queue,
            surroundings: Arc::new(surroundings),
            woken: shares.iter().map(|_| AtomicBool::new(true)).collect(),
            shares,
            kinds,
            gauge: Gauge::default(),
            held: Held::default(),
            phase: Watch::new(),
            closing: Mutex::default(),
            notify: Notify::default(),
            cancelled: Notify::default(),
            stats: Stats::default(),
            workers: AtomicUsize::new(0),
            worker: AtomicI64::new(NOBODY),
            epoch: Instant::now(),
        }
    }

    /// The identity under which the pool claims now.
    pub(crate) fn worker(&self) -> WorkerId {
        WorkerId(self.worker.load(Ordering::SeqCst))
    }

    /// Goes on under this identity: the first, or one after the last was declared dead.
    pub(crate) fn born(&self, worker: WorkerId) {
        self.worker.store(worker.0, Ordering::SeqCst);
        (0..self.shares.len()).for_each(|turn| self.inserted(turn));
    }

    /// Somebody inserted a task of this type.
    pub(crate) fn inserted(&self, turn: usize) {
        if let Some(woken) = self.woken.get(turn) {
            woken.store(true, Ordering::SeqCst);
        }
        self.notify.inserted();
    }

    /// Whether somebody did since this was last asked.
    pub(crate) fn take_inserted(&self, turn: usize) -> bool {
        self.woken.get(turn).is_some_and(|woken| woken.swap(false, Ordering::SeqCst))
    }

    /// How many workers there are to be.
    pub(crate) fn workers(&self) -> usize {
        self.workers.load(Ordering::Relaxed)
    }

    /// From now on there are to be so many workers; returns how many before.
    pub(crate) fn resize(&self, workers: usize) -> usize {
        self.workers.swap(workers, Ordering::SeqCst)
    }

    /// What a run sees of itself.
    pub(crate) fn context(&self, job: &Job, deadline: Option<Instant>) -> Context {
        let Job { task, task_type, worker, .. } = job;
        let attempt = u32::try_from(task.retries).unwrap_or_default().saturating_add(1);
        let (id, lease, worker, task_type) = (task.id, task.lease, *worker, task_type.clone());
        Context::new(Run { id, attempt, lease, worker, task_type, deadline }, &self.surroundings)
    }

    /// These runs, and no others, belong to tasks that were cancelled.
    pub(crate) fn cancel(&self, runs: Vec<RunKey>) {
        let told = self.surroundings.runs.cancel(runs);
        if told > 0 {
            log::info!("{told} tasks were cancelled while they ran");
        }
    }

    /// The time since the pool started.
    pub(crate) fn now(&self) -> std::time::Duration {
        self.epoch.elapsed()
    }

    /// Whether a task still belongs to this pool. After it was declared dead, what it had claimed runs
    /// elsewhere; such a task is dropped, and counted.
    pub(crate) fn owns(&self, job: &Job) -> bool {
        if job.worker == self.worker() {
            return true;
        }
        self.lost(&job.task);
        if self.gauge.left() {
            self.notify.room();
        }
        false
    }

    /// A claim that no longer stands was dropped.
    pub(crate) fn lost(&self, task: &Claimed) {
        self.stats.late.fetch_add(1, Ordering::Relaxed);
        self.held.remove([(task.id, task.lease)]);
    }

    /// What to save of a run that ended so.
    fn finished(&self, job: &Job, outcome: Outcome) -> Finished {
        let Surroundings { runs, retention, .. } = &*self.surroundings;
        let (id, lease) = (job.task.id, job.task.lease);
        let outcome = if runs.is_cancelled((id, lease)) { outcome.of_cancelled() } else { outcome };
        let verdict = decide(&job.task, outcome, *retention);
        let may_be_saved = runs.take_saved((id, lease));
        Finished { result: Finish { id, lease, verdict }, worker: job.worker, may_be_saved }
    }

    /// A task that runs, or waits to. Whatever becomes of it, exactly one result is sent.
    pub(crate) fn begin(self: &Arc<Self>, job: Job, results: Sender<Finished>) -> Unfinished {
        Unfinished { engine: self.clone(), job: Arc::new(Mutex::new(Some(Arc::new(job)))), results }
    }
}

/// A task without a result. A thread cannot be stopped, so another may hand back what it runs:
/// whoever comes first sends the result.
pub(crate) struct Unfinished {
    engine: Arc<Engine>,
    job: Arc<Mutex<Option<Arc<Job>>>>,
    results: Sender<Finished>,
}

impl Unfinished {
    pub(crate) fn job(&self) -> Option<Arc<Job>> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same task, for somebody else to hand back.
    pub(crate) fn shared(&self) -> Self {
        Self { engine: self.engine.clone(), job: self.job.clone(), results: self.results.clone() }
    }

    /// Sends the result, unless the task was handed back meanwhile.
    pub(crate) fn finish(self, outcome: Outcome) {
        if !self.send(outcome) {
            self.engine.stats.late.fetch_add(1, Ordering::Relaxed);
            log::warn!("a run ended after its task was handed back; its result is dropped");
        }
    }

    /// Gives the task back uncharged, unless it has a result; whether it had none.
    pub(crate) fn hand_back(&self) -> bool {
        let was_open = self.send(Outcome::HandedBack);
        if was_open {
            self.engine.stats.handed_back.fetch_add(1, Ordering::Relaxed);
        }
        was_open
    }

    fn send(&self, outcome: Outcome) -> bool {
        let taken = self.job.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(job) = taken else { return false };
        self.engine.gauge.result();
        let finished = self.engine.finished(&job, outcome);
        let finished = match &job.held {
            Some(held) => held.take(finished),
            None => Some(finished),
        };
        if let Some(finished) = finished {
            // Nobody receives only when the pool is gone; then the lease brings the task back.
            let _ = self.results.send(finished);
        }
        if self.engine.gauge.left() {
            self.engine.notify.room();
        }
        true
    }
}
