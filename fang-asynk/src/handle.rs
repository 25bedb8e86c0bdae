//! A queue over any store.

use fang_core::store::NonBlocking;

fang_engine::handle! {
    asynk
    /// A queue over any store: how the authors of stores make theirs usable. Cheap to clone.
    ///
    /// ```
    /// use fang_asynk::Handle;
    /// use fang_core::memory::MemoryStore;
    /// use std::sync::Arc;
    /// let queue = Handle::new(Arc::new(MemoryStore::new(chrono::Utc::now)));
    /// ```
    pub struct Handle over
    /// A queue that saves to `store`, whose futures must not block. A store that may is refused by the compiler:
    ///
    /// ```compile_fail,E0277
    /// use fang_asynk::Handle;
    /// use fang_core::store::Store;
    /// use std::sync::Arc;
    /// fn over<S: Store>(may_block: Arc<S>) -> Handle {
    ///     Handle::new(may_block)
    /// }
    /// ```
    dyn NonBlocking;
}
