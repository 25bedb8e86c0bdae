//! What the parts of a running pool share.

use crate::handle::Handle;
use crate::waiting::{Notify, Watch};
use crossbeam_channel::Sender;
use fang_core::RetentionMode;
use fang_core::context::Surroundings;
use fang_core::decide::{Outcome, decide};
use fang_core::held::Held;
use fang_core::kind::Kinds;
use fang_core::load::Gauge;
use fang_core::pool::Stats;
use fang_core::results::Finished;
use fang_core::store::{Claimed, Finish, Store, WorkerId};
use std::convert::Infallible;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The identity before the first; the store knows no such worker.
const NOBODY: i64 = 0;

/// A claimed task on its way to a worker.
pub(crate) struct Job {
    pub(crate) task: Claimed,
    /// The identity under which it was claimed.
    pub(crate) worker: WorkerId,
}

/// What the parts of a running pool share.
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) queue: Handle,
    pub(crate) surroundings: Surroundings,
    pub(crate) retention: RetentionMode,
    pub(crate) kinds: Kinds,
    pub(crate) gauge: Gauge,
    pub(crate) held: Held,
    /// How far the shutdown has come.
    pub(crate) phase: Watch,
    /// Dropped when no more results will come. Here, so that it lives for as long as any part does.
    pub(crate) closing: Mutex<Option<Sender<Infallible>>>,
    /// Wakes the claimer.
    pub(crate) notify: Notify,
    pub(crate) stats: Stats,
    worker: AtomicI64,
    epoch: Instant,
}

impl Engine {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        queue: Handle,
        surroundings: Surroundings,
        retention: RetentionMode,
        kinds: Kinds,
    ) -> Self {
        Self {
            store,
            queue,
            surroundings,
            retention,
            kinds,
            gauge: Gauge::default(),
            held: Held::default(),
            phase: Watch::new(),
            closing: Mutex::default(),
            notify: Notify::default(),
            stats: Stats::default(),
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
        self.notify.inserted();
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
        self.gauge.saved(1);
        false
    }

    /// A claim that no longer stands was dropped.
    pub(crate) fn lost(&self, task: &Claimed) {
        self.stats.late.fetch_add(1, Ordering::Relaxed);
        self.held.remove([(task.id, task.lease)]);
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
        let verdict = decide(&job.task, outcome, self.engine.retention);
        let result = Finish { id: job.task.id, lease: job.task.lease, verdict };
        // Nobody receives only when the pool is gone; then the lease brings the task back.
        let _ = self.results.send(Finished { result, worker: job.worker });
        if self.engine.gauge.left() {
            self.engine.notify.room();
        }
        true
    }
}
