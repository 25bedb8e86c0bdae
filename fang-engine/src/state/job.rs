//! A claimed task on its way to a worker.

use super::unwritten::UnwrittenClaim;
use fang_core::store::{Claimed, WorkerId};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A claimed task on its way to a worker.
#[derive(Debug)]
pub struct Job {
    /// The task.
    pub task: Claimed,
    /// Its type.
    pub task_type: Arc<str>,
    /// The worker id under which it was claimed.
    pub worker: WorkerId,
    /// Its lock-claim, if it has no written claim yet.
    pub unwritten: Option<Arc<dyn UnwrittenClaim>>,
    /// What its worker has learned of it.
    pub learned: Learned,
}

impl Job {
    pub(crate) fn new(
        task: Claimed,
        task_type: Arc<str>,
        worker: WorkerId,
        unwritten: Option<Arc<dyn UnwrittenClaim>>,
    ) -> Self {
        Self { task, task_type, worker, unwritten, learned: Learned::default() }
    }
}

/// What the worker of a task has learned of it. The worker writes; the part that sends the result reads.
#[derive(Debug, Default)]
pub struct Learned {
    keep: OnceLock<Duration>,
    has_begun: AtomicBool,
}

impl Learned {
    /// Tells how long the row stays after the end, as its kind says.
    pub fn keeps(&self, keep: Option<Duration>) {
        if let Some(keep) = keep {
            self.keep.get_or_init(|| keep);
        }
    }

    /// How long the row stays after the end. `None` if its kind does not say, or was not asked.
    pub fn keep(&self) -> Option<Duration> {
        self.keep.get().copied()
    }

    /// Tells that the run begins.
    pub fn begins(&self) {
        self.has_begun.store(true, Ordering::Release);
    }

    /// Whether the run was begun.
    pub fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }
}
