use uuid::Uuid;

/// Which failed tasks are to run again.
///
/// ```
/// use fang_core::store::FailedTasks;
/// let greetings = FailedTasks::of_kind("Greet");
/// assert_eq!(greetings.task_type, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedTasks {
    /// Only of this task type. Defaults to any.
    pub task_type: Option<String>,
    /// Only of this kind. Defaults to any.
    pub kind: Option<String>,
}

impl FailedTasks {
    /// All of them.
    pub fn all() -> Self {
        Self::default()
    }

    /// Those of a kind: the name under which the struct is registered.
    pub fn of_kind(kind: impl Into<String>) -> Self {
        Self { kind: Some(kind.into()), ..Self::default() }
    }

    /// Those of a task type.
    pub fn of_type(task_type: impl Into<String>) -> Self {
        Self { task_type: Some(task_type.into()), ..Self::default() }
    }
}

/// A batch of the failed tasks, in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryFailed<'a> {
    /// Which of them.
    pub which: &'a FailedTasks,
    /// Only those behind this task; `None` begins with the first.
    pub after: Option<Uuid>,
    /// How many at most, so that no transaction is long. At least 1.
    pub limit: u32,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetriedFailed {
    /// How many run again. The others are unique, and another like them is alive.
    pub tasks: u64,
    /// Where the next batch begins; `None` when there are no more.
    pub next: Option<Uuid>,
}

/// How many tasks a batch of `retry_failed` takes.
pub const RETRY_BATCH: u32 = 1000;
