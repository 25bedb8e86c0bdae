use uuid::Uuid;

/// The failed tasks to run again, for `retry_failed` of a queue.
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

    /// The failed tasks of a kind: the name of the struct.
    pub fn of_kind(kind: impl Into<String>) -> Self {
        Self { kind: Some(kind.into()), ..Self::default() }
    }

    /// The failed tasks of a task type.
    pub fn of_type(task_type: impl Into<String>) -> Self {
        Self { task_type: Some(task_type.into()), ..Self::default() }
    }
}

/// A batch of failed tasks to retry, in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryFailed<'a> {
    /// The failed tasks to take from.
    pub which: &'a FailedTasks,
    /// Only tasks whose ids are greater than this one. `None` begins with the first.
    pub after: Option<Uuid>,
    /// At most this many tasks, at least 1, so that no transaction takes long.
    pub limit: u32,
}

/// What became of a task that is to be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellation {
    /// Nothing: it had ended before, or there is no such task.
    Missed,
    /// It waited, and has failed now.
    Ended,
    /// It runs, and its worker is asked to end the run.
    Asked,
}

impl Cancellation {
    /// Whether the task waited or ran.
    pub fn is_hit(self) -> bool {
        self != Self::Missed
    }
}

/// The outcome of one batch of [`RetryFailed`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetriedFailed {
    /// How many tasks run again. Unique tasks stay failed while a duplicate of them waits or runs, and are
    /// not counted.
    pub tasks: u64,
    /// The `after` for the next batch, or `None` if there are no more tasks.
    pub next: Option<Uuid>,
}

/// How many tasks are in a batch of `retry_failed`.
pub const RETRY_BATCH: u32 = 1000;
