//! What the parts of a running pool share.

use crate::handle::Handle;
use fang_core::RetentionMode;
use fang_core::context::Surroundings;
use fang_core::decide::{Outcome, decide, failed_by_default};
use fang_core::held::Held;
use fang_core::kind::Kinds;
use fang_core::load::Gauge;
use fang_core::pool::{Phase, Stats};
use fang_core::results::Finished;
use fang_core::store::{AsyncStore, Claimed, Finish, WorkerId};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;
use tokio::sync::{Notify, mpsc, watch};

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
    pub(crate) store: Arc<dyn AsyncStore>,
    pub(crate) queue: Handle,
    pub(crate) surroundings: Surroundings,
    pub(crate) retention: RetentionMode,
    pub(crate) kinds: Kinds,
    pub(crate) gauge: Gauge,
    pub(crate) held: Held,
    /// How far the shutdown has come. Here, so that it lives for as long as any part of the pool does.
    pub(crate) phase: watch::Sender<Phase>,
    /// Somebody inserted a task.
    pub(crate) inserted: Notify,
    /// So few tasks are in flight that the claimer wants more.
    pub(crate) room: Notify,
    pub(crate) stats: Stats,
    worker: AtomicI64,
    epoch: Instant,
}

impl Engine {
    pub(crate) fn new(
        store: Arc<dyn AsyncStore>,
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
            phase: watch::Sender::new(Phase::Running),
            inserted: Notify::new(),
            room: Notify::new(),
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
        self.inserted.notify_one();
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
            self.room.notify_one();
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
    pub(crate) fn task(&self) -> Option<&Claimed> {
        self.job.as_ref().map(|job| &job.task)
    }

    /// Sends the result.
    pub(crate) fn finish(mut self, outcome: Outcome) {
        self.send(outcome);
    }

    fn send(&mut self, outcome: Outcome) {
        let Some(Job { task, worker }) = self.job.take() else { return };
        let verdict = decide(&task, outcome, self.engine.retention);
        let result = Finish { id: task.id, lease: task.lease, verdict };
        // Nobody receives only when the pool is gone; then the lease brings the task back.
        let _ = self.results.send(Finished { result, worker });
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
