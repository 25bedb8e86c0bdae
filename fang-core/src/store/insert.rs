use crate::error::StoreError;
use crate::new_task::NewTask;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What became of one task that was to be inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// The id of the task that is in the store now: the new one, or the one that was there.
    pub id: Uuid,
    /// `false` when a task like it was there already and nothing was inserted.
    pub is_new: bool,
    /// The same, and whether the one that was there has changed.
    pub outcome: InsertOutcome,
    /// When it was saved, by the clock of the store.
    pub created_at: DateTime<Utc>,
    /// When it becomes due.
    pub scheduled_at: DateTime<Utc>,
}

/// How an insert ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertOutcome {
    /// The task was inserted, by this insert or by an earlier one of the same id.
    New,
    /// A task like it was there and was left as it is.
    Kept,
    /// A task like it was there and waited; it took what the insert said, by
    /// [`Unique::replace`](crate::Unique::replace).
    Replaced,
}

impl Inserted {
    /// Fails when a task was kept out that must not be.
    ///
    /// # Errors
    /// [`StoreError::NotUnique`], for the first of them.
    pub fn check(tasks: &[NewTask], inserted: &[Self]) -> Result<(), StoreError> {
        let mut answers = tasks.iter().zip(inserted);
        match answers.find(|(task, inserted)| task.is_strict() && !inserted.is_new) {
            Some((_, inserted)) => Err(StoreError::NotUnique { id: inserted.id }),
            None => Ok(()),
        }
    }
}
