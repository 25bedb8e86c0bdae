//! What the parts of a running pool share.

use crate::handle::Handle;
use crate::holder::HeldBatch;
use fang_core::context::{Context, Run, Surroundings};
use fang_core::decide::{Outcome, decide, failed_by_default};
use fang_core::held::Held;
use fang_core::kind::Kinds;
use fang_core::load::Gauge;
use fang_core::pool::{Phase, Stats};
use fang_core::results::Finished;
use fang_core::rota::Share;
use fang_core::runs::RunKey;
use fang_core::store::{AsyncStore, Claimed, Finish, WorkerId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, watch};

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
    pub(crate) store: Arc<dyn AsyncStore>,
    pub(crate) queue: Handle,
    pub(crate) surroundings: Arc<Surroundings>,
    /// The task types that the pool works on.
    pub(crate) shares: Vec<Share>,
    pub(crate) kinds: Kinds,
    /// How long a cancelled run may go on.
    pub(crate) cancel_grace: Duration,
    pub(crate) gauge: Gauge,
    pub(crate) held: Held,
    /// How far the shutdown has come. Here, so that it lives for as long as any part of the pool does.
    pub(crate) phase: watch::Sender<Phase>,
    /// Somebody inserted a task.
    pub(crate) woken_up: Notify,
    /// So few tasks are in flight that the claimer wants more.
    pub(crate) room: Notify,
    /// A task that runs here was cancelled.
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
        store: Arc<dyn AsyncStore>,
        queue: Handle,
        surroundings: Surroundings,
        shares: Vec<Share>,
        kinds: Kinds,
        cancel_grace: Duration,
    ) -> Self {
        Self {
            store,
            queue,
            surroundings: Arc::new(surroundings),
            woken: shares.iter().map(|_| AtomicBool::new(true)).collect(),
            shares,
            kinds,
            cancel_grace,
            gauge: Gauge::default(),
            held: Held::default(),
            phase: watch::Sender::new(Phase::Running),
            woken_up: Notify::new(),
            room: Notify::new(),
            cancelled: Notify::new(),
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
        self.woken_up.notify_one();
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
    pub(crate) fn now(&self) -> Duration {
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
            self.room.notify_one();
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
    pub(crate) fn begin(self: &Arc<Self>, job: Job, results: mpsc::UnboundedSender<Finished>) -> Unfinished {
        Unfinished { engine: self.clone(), job: Some(job), results }
    }
}

/// A task without a result. Dropped as it is, it is handed back uncharged; dropped by a panic, it
/// has failed.
pub(crate) struct Unfinished {
    engine: Arc<Engine>,
    job: Option<Job>,
    results: mpsc::UnboundedSender<Finished>,
}

impl Unfinished {
    pub(crate) fn job(&self) -> Option<&Job> {
        self.job.as_ref()
    }

    /// Sends the result.
    pub(crate) fn finish(mut self, outcome: Outcome) {
        self.send(outcome);
    }

    fn send(&mut self, outcome: Outcome) {
        let Some(job) = self.job.take() else { return };
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
            self.engine.room.notify_one();
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.job.is_none() {
            return;
        }
        if std::thread::panicking() {
            self.send(failed_by_default("its worker died while it ran".to_owned()));
        } else {
            self.engine.stats.handed_back.fetch_add(1, Ordering::Relaxed);
            self.send(Outcome::HandedBack);
        }
    }
}
