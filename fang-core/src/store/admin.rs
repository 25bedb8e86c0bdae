use crate::task::FangTaskState;
use std::time::Duration;
use uuid::Uuid;

/// The tasks to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// All tasks, all crons, and all periods of unique tasks.
    All,
    /// Tasks that wait for a future instant, and all crons.
    Scheduled,
    /// The tasks and the crons of a task type.
    TaskType(String),
    /// The living tasks with this unique hash. A period of the hash ends.
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
    /// At most this many tasks. Defaults to 100.
    pub limit: u32,
    /// Only tasks older than this one. For the next page, pass the last task of a page. Without it, the
    /// list begins with the newest task.
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

/// Which old data to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prune {
    /// Removes finished and failed tasks that have not changed for this long; `None` keeps them.
    pub older_than: Option<Duration>,
    /// At most this many tasks, and this many periods, so that no transaction takes long.
    pub limit: u32,
}
