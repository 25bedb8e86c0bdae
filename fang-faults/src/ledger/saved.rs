//! What names a saved task.

use fang_core::Task;
use fang_core::store::Inserted;
use uuid::Uuid;

/// What names a saved task: its row, the answer of an insert, or its id. With the row, the report can name the kind of
/// a task that was lost before it ran.
pub trait Saved {
    /// The id of the task.
    fn id(&self) -> Uuid;

    /// Its kind, if that is known. Defaults to `None`.
    fn kind(&self) -> Option<&str> {
        None
    }
}

impl Saved for Uuid {
    fn id(&self) -> Uuid {
        *self
    }
}

impl Saved for Inserted {
    fn id(&self) -> Uuid {
        self.id
    }
}

impl Saved for Task {
    fn id(&self) -> Uuid {
        self.id
    }

    fn kind(&self) -> Option<&str> {
        Self::kind(self)
    }
}

impl<T: Saved> Saved for &T {
    fn id(&self) -> Uuid {
        (*self).id()
    }

    fn kind(&self) -> Option<&str> {
        (*self).kind()
    }
}
