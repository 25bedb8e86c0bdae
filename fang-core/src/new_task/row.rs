use super::{Due, NewTask};
use crate::task::{Mode, Priority};
use std::fmt;
use uuid::Uuid;

/// The columns that a store saves for a new task.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct NewRow<'a> {
    /// The id. When a row with it exists, the store saves nothing.
    pub id: Uuid,
    /// The payload: JSON, with the kind as `type`.
    pub metadata: &'a str,
    /// The task type.
    pub task_type: &'a str,
    /// The workers that may claim it.
    pub mode: Mode,
    /// How urgent it is among its type.
    pub priority: Priority,
    /// No other row that is alive may have this hash.
    pub uniq_hash: Option<&'a str>,
    /// When it becomes due.
    pub due: Due,
    /// How often it is run again after a failure, if the insert sets that.
    pub max_retries: Option<i32>,
    /// Tags to find it by.
    pub tags: &'a [String],
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
    /// The row that a store saves for it.
    pub fn row(&self) -> NewRow<'_> {
        NewRow {
            id: self.id,
            metadata: &self.metadata,
            task_type: &self.task_type,
            mode: self.mode,
            priority: self.priority,
            uniq_hash: self.row_hash(),
            due: self.due,
            max_retries: self.options.max_retries,
            tags: &self.options.tags,
        }
    }
}
