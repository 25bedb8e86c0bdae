//! What the parts of a running pool share.

use crate::ear::Bell;
use crate::handle::Handle;
use crate::holder::HeldBatch;
use crate::waiting::{Notify, Watch};
use crossbeam_channel::Sender;
use fang_core::decide::Outcome;
use fang_core::results::Finished;
use fang_core::runs::RunKey;
use fang_core::shared::{self, Shared};
use fang_core::store::{Store, WorkerId};
use fang_core::wake::Announced;
use std::convert::Infallible;
use std::ops::Deref;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

pub(crate) type Order = shared::Order<HeldBatch>;
pub(crate) type Job = shared::Job<HeldBatch>;

/// What the parts of a running pool share.
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) queue: Handle,
    /// How far the shutdown has come.
    pub(crate) phase: Watch,
    /// Dropped when no more results will come. Here, so that it lives for as long as any part does.
    pub(crate) closing: Mutex<Option<Sender<Infallible>>>,
    /// Wakes the claimer.
    pub(crate) notify: Notify,
    /// For the heart: a task that runs here was cancelled, or it may stop.
    pub(crate) bell: Bell,
    shared: Shared,
    epoch: Instant,
}

impl Engine {
    pub(crate) fn new(store: Arc<dyn Store>, queue: Handle, shared: Shared, bell: Bell) -> Self {
        Self {
            store,
            queue,
            phase: Watch::new(),
            closing: Mutex::default(),
            notify: Notify::default(),
            bell,
            shared,
            epoch: Instant::now(),
        }
    }

    /// Goes on under this identity: the first, or one after the last was declared dead.
    pub(crate) fn born(&self, worker: WorkerId) {
        self.shared.goes_on_as(worker);
        self.notify.inserted();
    }

    /// Somebody inserted a task of this type.
    pub(crate) fn inserted(&self, turn: usize, announced: Announced) {
        self.shared.mark_inserted(turn, announced);
        self.notify.inserted();
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

    /// Whether a task still belongs to this pool. One that does not has left it.
    pub(crate) fn owns(&self, job: &Job) -> bool {
        let is_own = self.shared.has(job);
        if !is_own && self.gauge.left() {
            self.notify.room();
        }
        is_own
    }

    /// A task that runs, or waits to. Whatever becomes of it, exactly one result is sent.
    pub(crate) fn begin(self: &Arc<Self>, job: Job, results: Sender<Finished>) -> Unfinished {
        Unfinished { engine: self.clone(), job: Arc::new(Mutex::new(Some(Arc::new(job)))), results }
    }
}

impl Deref for Engine {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
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
