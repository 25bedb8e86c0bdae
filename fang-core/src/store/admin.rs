use crate::task::FangTaskState;
use std::time::Duration;
use uuid::Uuid;

/// Which tasks to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// All of them, all crons, and all periods in which a task is unique.
    All,
    /// Those that wait for a future instant, and all crons.
    Scheduled,
    /// Those of a task type, and its crons.
    TaskType(String),
    /// The one that is alive with this unique hash, or holds it for a period, which ends.
    Unique(String),
    /// One.
    Id(Uuid),
}

/// Which tasks to list: the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Only in this state. Defaults to any.
    pub state: Option<FangTaskState>,
    /// Only of this task type. Defaults to any.
    pub task_type: Option<String>,
    /// Only with this tag. Defaults to any.
    pub tag: Option<String>,
    /// How many at most. Defaults to 100.
    pub limit: u32,
    /// Only those older than this task: the last one of the page before.
    pub before: Option<Uuid>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { state: None, task_type: None, tag: None, limit: 100, before: None }
    }
}

/// How many tasks of a type are in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The task type.
    pub task_type: String,
    /// The state.
    pub state: FangTaskState,
    /// How many.
    pub tasks: u64,
}

/// Which leftovers to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prune {
    /// Finished and failed tasks that have not changed for this long; `None` keeps them.
    pub older_than: Option<Duration>,
    /// How many tasks at most, and how many periods, so that no transaction is long.
    pub limit: u32,
}
