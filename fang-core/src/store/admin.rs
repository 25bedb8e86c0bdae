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
    /// Removes finished and failed tasks that have not changed for this long; `None` keeps them. Tasks whose result
    /// said how long they are [kept](crate::store::Finish::keep) are removed when that is over, and not by this.
    pub older_than: Option<Duration>,
    /// At most this many tasks and at most this many periods in one call, so that no transaction takes long.
    /// The caller repeats the call while it removes as many. Of workers, their lists and minutes, one call removes all
    /// that it can within some seconds.
    pub limit: u32,
}
