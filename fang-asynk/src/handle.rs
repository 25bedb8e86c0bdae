//! The queue over any store.

use crate::runtime::shared_inserts;
use fang_core::store::NonBlocking;

fang_engine::handle! {
    asynk
    /// A queue over any store, such as one of your own. It has the inserts and the other calls of a queue, and tasks
    /// get it as the argument of `run`. Cheap to clone.
    ///
    /// ```
    /// use fang_asynk::Handle;
    /// use fang_core::memory::MemoryStore;
    /// use std::sync::Arc;
    /// let queue = Handle::new(Arc::new(MemoryStore::new(chrono::Utc::now)));
    /// ```
    pub struct Handle over
    /// Creates a queue that saves to `store`. The futures of the store must not block. The compiler refuses a store
    /// that may block:
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
