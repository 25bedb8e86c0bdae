use uuid::Uuid;

/// The failed tasks to run again.
///
/// ```
/// use fang_core::store::FailedTasks;
/// let greetings = FailedTasks::of_kind("Greet");
/// assert_eq!(greetings.task_type, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedTasks {
    /// Only tasks of this task type. Defaults to any.
    pub task_type: Option<String>,
    /// Only tasks of this kind. Defaults to any.
    pub kind: Option<String>,
}

impl FailedTasks {
    /// All failed tasks.
    pub fn all() -> Self {
        Self::default()
    }

    /// The failed tasks of a kind: the name under which the struct is registered.
    pub fn of_kind(kind: impl Into<String>) -> Self {
        Self { kind: Some(kind.into()), ..Self::default() }
    }

    /// The failed tasks of a task type.
    pub fn of_type(task_type: impl Into<String>) -> Self {
        Self { task_type: Some(task_type.into()), ..Self::default() }
    }
}

/// A batch of failed tasks, in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryFailed<'a> {
    /// The failed tasks to take from.
    pub which: &'a FailedTasks,
    /// Only tasks with a greater id than this; `None` begins with the first.
    pub after: Option<Uuid>,
    /// The largest number of tasks, so that the transaction stays short. At least 1.
    pub limit: u32,
}

/// The result of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetriedFailed {
    /// The number of tasks that run again. The others of the batch are unique and have a duplicate that is
    /// alive.
    pub tasks: u64,
    /// Where the next batch begins; `None` when there are no more tasks.
    pub next: Option<Uuid>,
}

/// The number of tasks in a batch of `retry_failed`.
pub const RETRY_BATCH: u32 = 1000;
