//! A queue over any store.

use fang_core::store::Store;

fang_engine::handle! {
    blocking
    /// A queue over any store: how the authors of stores make theirs usable. Cheap to clone.
    ///
    /// ```
    /// use fang_blocking::Handle;
    /// use fang_core::memory::MemoryStore;
    /// use std::sync::Arc;
    /// let queue = Handle::new(Arc::new(MemoryStore::new(chrono::Utc::now)));
    /// ```
    pub struct Handle over
    /// A queue that saves to `store`.
    dyn Store;
}
