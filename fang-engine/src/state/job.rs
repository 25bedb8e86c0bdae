//! A claimed task on its way to a worker.

use super::unwritten::UnwrittenClaim;
use crate::events::{TaskInfo, kind_of};
use chrono::Utc;
use fang_core::store::{Claimed, DbInstant, WorkerId};
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
    /// How long its run took. The run sets it when it ends.
    took: OnceLock<Duration>,
    /// The task as events show it. Made for the first event.
    info: OnceLock<Arc<TaskInfo>>,
}

impl Job {
    /// A task that was claimed just now.
    pub fn new(
        task: Claimed,
        task_type: Arc<str>,
        worker: WorkerId,
        unwritten: Option<Arc<dyn UnwrittenClaim>>,
    ) -> Self {
        Self { task, task_type, worker, unwritten, took: OnceLock::new(), info: OnceLock::new() }
    }

    /// The number of its run, counted from 1.
    pub fn attempt(&self) -> u32 {
        u32::try_from(self.task.retries).unwrap_or_default().saturating_add(1)
    }

    /// Tells that its run has ended after this long.
    pub(crate) fn ran_for(&self, took: Duration) {
        let _ = self.took.set(took);
    }

    /// How long its run took. Zero if it has not ended, or did not begin.
    pub(crate) fn took(&self) -> Duration {
        self.took.get().copied().unwrap_or_default()
    }

    /// The task as events show it.
    pub(crate) fn info(&self) -> Arc<TaskInfo> {
        let made = || TaskInfo {
            id: self.task.id,
            kind: kind_of(&self.task.metadata),
            task_type: self.task_type.clone(),
            mode: self.task.mode,
            attempt: self.attempt(),
            waited: waited(self.task.scheduled_at),
        };
        self.info.get_or_init(|| Arc::new(made())).clone()
    }
}

/// How long a task has been due. Zero if that is not known.
fn waited(scheduled_at: DbInstant) -> Duration {
    if scheduled_at == DbInstant::MIN {
        return Duration::ZERO;
    }
    (Utc::now() - scheduled_at.to_datetime()).to_std().unwrap_or_default()
}
