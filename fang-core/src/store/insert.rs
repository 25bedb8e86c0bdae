use crate::error::StoreError;
use crate::new_task::NewTask;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The result of inserting one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// The id of the new task, or of its duplicate.
    pub id: Uuid,
    /// Whether the task was inserted; `false` when a duplicate kept it out.
    pub is_new: bool,
    /// Whether the task was inserted, or its duplicate kept or changed.
    pub outcome: InsertOutcome,
    /// When the new task, or its duplicate, was saved, by the clock of the store.
    pub created_at: DateTime<Utc>,
    /// When the new task, or its duplicate, becomes due.
    pub scheduled_at: DateTime<Utc>,
}

/// The outcome of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertOutcome {
    /// The task was inserted, now or by an earlier insert with the same id.
    New,
    /// A duplicate kept it out, and was left as it is.
    Kept,
    /// A duplicate kept it out, and was changed as [`Unique::replace`](crate::Unique::replace) says.
    Replaced,
}

impl Inserted {
    /// Fails when a task that asks for an error has a duplicate.
    ///
    /// # Errors
    /// [`StoreError::NotUnique`], for the first such task.
    pub fn check(tasks: &[NewTask], inserted: &[Self]) -> Result<(), StoreError> {
        let mut answers = tasks.iter().zip(inserted);
        match answers.find(|(task, inserted)| task.is_strict() && !inserted.is_new) {
            Some((_, inserted)) => Err(StoreError::NotUnique { id: inserted.id }),
            None => Ok(()),
        }
    }
}
