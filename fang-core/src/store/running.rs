use super::worker::WorkerId;
use crate::task::Task;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A task that is in progress.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    /// The task. Its payload has only the kind.
    pub task: Task,
    /// The worker that has claimed it. `None` only if a program wrote the row by hand.
    pub worker: Option<WorkerId>,
    /// When it was claimed.
    pub since: DateTime<Utc>,
}

/// Some of the tasks that are in progress, the newest first.
///
/// Short tasks may run without a change of their rows while many wait: see `lock_claims` of the pools. Those are not
/// listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunningPage {
    /// The tasks.
    pub tasks: Vec<Running>,
    /// The `after` of the next page. `None` if this is the last one.
    pub next: Option<Uuid>,
}
