//! The queue over any store.

use crate::runtime::shared_inserts;
use fang_core::store::Store;

fang_engine::handle! {
    blocking
    /// A queue over any store, such as one of your own. It has the inserts and the other calls of a queue, and tasks
    /// get it as the argument of `run`. Cheap to clone.
    ///
    /// ```
    /// use fang_blocking::Handle;
    /// use fang_core::memory::MemoryStore;
    /// use std::sync::Arc;
    /// let queue = Handle::new(Arc::new(MemoryStore::new(chrono::Utc::now)));
    /// ```
    pub struct Handle over
    /// Creates a queue that saves to `store`.
    dyn Store;
}
