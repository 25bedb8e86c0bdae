use super::{Due, NewTask};
use crate::options::Headers;
use crate::task::{Mode, Priority};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// The columns that a store saves for a new task. [`NewTask::row`] returns them.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct NewRow<'a> {
    /// The id. If a row with this id exists, the insert was repeated, and the store saves nothing.
    pub id: Uuid,
    /// The payload: JSON, with the kind as `type`.
    pub metadata: &'a str,
    /// The task type.
    pub task_type: &'a str,
    /// The workers that may claim it.
    pub mode: Mode,
    /// Its priority among the tasks of its type.
    pub priority: Priority,
    /// The unique hash. No two rows that wait or run may have the same one. `None` for a task that is not
    /// unique, or is unique within a period.
    pub uniq_hash: Option<&'a str>,
    /// When it becomes due.
    pub due: Due,
    /// How long after the instant at which it is due it may begin. `None` if it never expires.
    pub expires: Option<Duration>,
    /// How many times it runs again after failures. `None` if the insert does not say: its struct decides.
    pub max_retries: Option<i32>,
    /// Its tags, for [`Filter::tag`](crate::store::Filter::tag).
    pub tags: &'a [String],
    /// Its headers, which a claim returns.
    pub headers: &'a Headers,
    /// How long it stays after the task has ended, whatever the pool says. `None` if the insert does not say.
    pub keep: Option<Duration>,
}

// The payload stays out of logs.
impl fmt::Debug for NewRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewRow")
            .field("id", &self.id)
            .field("task_type", &self.task_type)
            .finish_non_exhaustive()
    }
}

impl NewTask {
    /// The row that a store saves for this task.
    pub fn row(&self) -> NewRow<'_> {
        NewRow {
            id: self.id,
            metadata: &self.metadata,
            task_type: &self.task_type,
            mode: self.mode,
            priority: self.priority,
            uniq_hash: self.row_hash(),
            due: self.due,
            expires: self.expires,
            max_retries: self.options.max_retries,
            tags: &self.options.tags,
            headers: &self.options.headers,
            keep: self.options.keep(),
        }
    }
}
