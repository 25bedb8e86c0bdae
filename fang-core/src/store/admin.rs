use crate::task::FangTaskState;
use std::time::Duration;
use uuid::Uuid;

/// The tasks to remove, and crons that go with them. For `remove` of `Admin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// All tasks, all crons, and all periods of unique tasks.
    All,
    /// All tasks that wait for a future instant, and all crons of every task type.
    Scheduled,
    /// All tasks and crons of this task type.
    TaskType(String),
    /// The tasks that wait or run and have this unique hash. If there is a period of this hash, it ends.
    Unique(String),
    /// The task with this id.
    Id(Uuid),
}

/// The tasks to list. All conditions must hold. `Filter::default()` lists the 100 newest tasks.
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
    /// Only tasks older than the task with this id. For the next page, set it to the id of the last task of
    /// this page. Defaults to `None`: the list begins with the newest task.
    pub before: Option<Uuid>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { state: None, task_type: None, tag: None, limit: 100, before: None }
    }
}

/// The number of tasks of one task type in one state.
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
    /// Removes finished and failed tasks that have not changed for this long; `None` keeps them. Tasks whose result said
    /// how long they are [kept](crate::store::Finish::keep) are removed when that is over, and not by this.
    pub older_than: Option<Duration>,
    /// At most this many tasks and at most this many periods in one call, so that no transaction takes long.
    /// The caller repeats the call.
    pub limit: u32,
}
