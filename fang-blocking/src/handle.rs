//! The queue over any store.

use fang_core::store::Store;

fang_engine::handle! {
    blocking
    /// A queue over any store. Use it to insert and run tasks with a store of your own. Cheap to clone.
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
