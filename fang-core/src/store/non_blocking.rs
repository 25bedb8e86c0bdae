use super::Store;

/// A [`Store`] whose futures never block the thread that polls them. The pools of the async mode require it.
///
/// A store in memory, over an async driver, or with a thread of its own can implement it. A store that blocks
/// its thread while it waits for a disk or a network must not, since it would block every other tokio task on
/// that thread.
///
/// ```
/// use fang_core::memory::MemoryStore;
/// use fang_core::store::{NonBlocking, Store};
/// use std::sync::Arc;
/// let store: Arc<dyn NonBlocking> = Arc::new(MemoryStore::new(|| chrono::DateTime::UNIX_EPOCH));
/// // It fits blocking pools as well.
/// let store: Arc<dyn Store> = store;
/// ```
pub trait NonBlocking: Store {}
