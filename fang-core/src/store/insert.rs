use crate::error::StoreError;
use crate::new_task::NewTask;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The answer to the insert of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// The id of the new task, or of its duplicate.
    pub id: Uuid,
    /// `false` when there was a duplicate and nothing was inserted.
    pub is_new: bool,
    /// How the insert ended, which also says whether the duplicate was changed.
    pub outcome: InsertOutcome,
    /// When the task with this id was saved, by the clock of the store.
    pub created_at: DateTime<Utc>,
    /// When the task with this id becomes due.
    pub scheduled_at: DateTime<Utc>,
}

/// The outcome of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertOutcome {
    /// The task was inserted, now or by an earlier insert with the same id.
    New,
    /// There was a duplicate. It was left as it is.
    Kept,
    /// There was a waiting duplicate. Parts of it were replaced, as
    /// [`Unique::replace`](crate::Unique::replace) says.
    Replaced,
}

impl Inserted {
    /// Checks that no task that asks for an error was kept out by a duplicate.
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
