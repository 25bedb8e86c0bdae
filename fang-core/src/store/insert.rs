use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What became of one task that was to be inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// The id of the task that is in the store now: the new one, or the one that was there.
    pub id: Uuid,
    /// `false` when a unique task was alive already and nothing was inserted.
    pub is_new: bool,
    /// When it was saved, by the clock of the store.
    pub created_at: DateTime<Utc>,
    /// When it becomes due.
    pub scheduled_at: DateTime<Utc>,
}
