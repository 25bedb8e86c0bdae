use crate::error::StoreError;
use crate::new_task::NewTask;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The answer to the insert of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// The id of the new task, or of its duplicate.
    pub id: Uuid,
    /// Whether the task was inserted. `false` if there was a duplicate.
    pub is_new: bool,
    /// The outcome, which also says whether the duplicate was changed.
    pub outcome: InsertOutcome,
    /// When the task with this id was inserted, by the clock of the store.
    pub created_at: DateTime<Utc>,
    /// When the task with this id becomes due.
    pub scheduled_at: DateTime<Utc>,
}

/// The outcome of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertOutcome {
    /// The task was inserted, now or by an earlier insert with the same id.
    New,
    /// There was a duplicate, and it was left as it is. Nothing was inserted.
    Kept,
    /// There was a duplicate that waits, and parts of it were [replaced](crate::Unique::replace). Nothing was
    /// inserted.
    Replaced,
}

impl Inserted {
    /// Checks that no task that is unique with [`or_error`](crate::Unique::or_error) was kept out by a
    /// duplicate. For the `insert` of a store.
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
