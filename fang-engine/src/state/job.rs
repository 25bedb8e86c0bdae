//! A claimed task on its way to a worker.

use super::unwritten::UnwrittenClaim;
use fang_core::store::{Claimed, WorkerId};
use std::sync::Arc;

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
}
