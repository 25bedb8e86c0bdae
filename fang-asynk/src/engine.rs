//! What the parts of a running pool share.

use crate::handle::Handle;
use crate::holder::HeldBatch;
use fang_core::decide::{Outcome, failed_by_default};
use fang_core::pool::Phase;
use fang_core::results::Finished;
use fang_core::runs::RunKey;
use fang_core::shared::{self, Shared};
use fang_core::store::{Store, WorkerId};
use fang_core::wake::Announced;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, watch};

pub(crate) type Order = shared::Order<HeldBatch>;
pub(crate) type Job = shared::Job<HeldBatch>;

/// What the parts of a running pool share.
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) queue: Handle,
    /// How long a cancelled run may go on.
    pub(crate) cancel_grace: Duration,
    /// How far the shutdown has come. Here, so that it lives for as long as any part of the pool does.
    pub(crate) phase: watch::Sender<Phase>,
    /// Somebody inserted a task.
    pub(crate) woken_up: Notify,
    /// So few tasks are in flight that the claimer wants more.
    pub(crate) room: Notify,
    /// A task that runs here was cancelled.
    pub(crate) cancelled: Notify,
    shared: Shared,
    epoch: Instant,
}

impl Engine {
    pub(crate) fn new(store: Arc<dyn Store>, queue: Handle, shared: Shared, cancel_grace: Duration) -> Self {
        Self {
            store,
            queue,
            cancel_grace,
            phase: watch::Sender::new(Phase::Running),
            woken_up: Notify::new(),
            room: Notify::new(),
            cancelled: Notify::new(),
            shared,
            epoch: Instant::now(),
        }
    }

    /// Goes on under this identity: the first, or one after the last was declared dead.
    pub(crate) fn born(&self, worker: WorkerId) {
        self.shared.goes_on_as(worker);
        self.woken_up.notify_one();
    }

    /// Somebody inserted a task of this type.
    pub(crate) fn inserted(&self, turn: usize, announced: Announced) {
        self.shared.mark_inserted(turn, announced);
        self.woken_up.notify_one();
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

    /// Whether a task still belongs to this pool. One that does not has left it.
    pub(crate) fn owns(&self, job: &Job) -> bool {
        let is_own = self.shared.has(job);
        if !is_own && self.gauge.left() {
            self.room.notify_one();
        }
        is_own
    }

    /// A task that runs, or waits to. Whatever becomes of it, exactly one result is sent.
    pub(crate) fn begin(self: &Arc<Self>, job: Job, results: mpsc::UnboundedSender<Finished>) -> Unfinished {
        Unfinished { engine: self.clone(), job: Some(job), results }
    }
}

impl Deref for Engine {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
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
