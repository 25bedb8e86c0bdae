use super::filter::Filter;
use crate::error::StoreError;
use crate::task::FangTaskState;

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

    /// The filter that they match.
    pub fn filter(&self) -> Filter {
        let Self { task_type, kind } = self.clone();
        Filter { task_type, kind, ..Filter::in_state(FangTaskState::Failed) }
    }
}

/// What to do to a pause of a task type or a cron.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Pause it until the pause is ended.
    Begin,
    /// Resume it.
    End,
}

impl Pause {
    /// The error of a store that has no pauses of task types.
    pub fn of_type_not_offered(self) -> StoreError {
        StoreError::NotOffered { verb: if self == Self::Begin { "pause" } else { "resume" } }
    }

    /// The error of a store that has no pauses of crons.
    pub fn of_cron_not_offered(self) -> StoreError {
        StoreError::NotOffered { verb: if self == Self::Begin { "pause_cron" } else { "resume_cron" } }
    }
}
