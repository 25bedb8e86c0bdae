//! What names a saved task.

use fang_core::Task;
use fang_core::store::Inserted;
use uuid::Uuid;

/// What names a saved task: the row or the answer that an insert returned, or its id. The row tells the report the kind of a
/// task that is lost before it ran.
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
