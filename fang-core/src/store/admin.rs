use crate::task::FangTaskState;
use std::time::Duration;
use uuid::Uuid;

/// The tasks to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// All tasks, all crons, and all periods of unique tasks.
    All,
    /// The tasks that wait for a future instant, and all crons.
    Scheduled,
    /// The tasks and crons of a task type.
    TaskType(String),
    /// The task that is alive with this unique hash, and the period of the hash.
    Unique(String),
    /// The task with this id.
    Id(Uuid),
}

/// The tasks to list, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Only tasks in this state. Defaults to any.
    pub state: Option<FangTaskState>,
    /// Only tasks of this task type. Defaults to any.
    pub task_type: Option<String>,
    /// Only tasks with this tag. Defaults to any.
    pub tag: Option<String>,
    /// The largest number of tasks. Defaults to 100.
    pub limit: u32,
    /// Only tasks older than this one. For the next page, set it to the last task of the page before.
    pub before: Option<Uuid>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { state: None, task_type: None, tag: None, limit: 100, before: None }
    }
}

/// The number of tasks of one type in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The task type.
    pub task_type: String,
    /// The state.
    pub state: FangTaskState,
    /// The number of tasks.
    pub tasks: u64,
}

/// The old rows to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prune {
    /// Finished and failed tasks that have not changed for this long; `None` keeps them.
    pub older_than: Option<Duration>,
    /// The largest number of tasks, and of periods, so that the transaction stays short.
    pub limit: u32,
}
