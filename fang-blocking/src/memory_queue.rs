use crate::backend::{Backend, queueable, wait};
use crate::handle::Handle;
use fang_core::QueueError;
use fang_core::context::Context;
use fang_core::memory::MemoryStore;
use fang_core::store::Store;
use fang_engine::handle;
use fang_engine::insert_rules::InsertRules;
use std::sync::Arc;

/// A queue without a server: everything stays in this process and ends with it. For tests,
/// examples, and programs that may lose what is waiting. Clones share one queue.
///
/// ```
/// use fang_blocking::{WorkerPool, MemoryQueue};
/// let queue = MemoryQueue::new();
/// let mut pool = WorkerPool::builder().number_of_workers(2_u32).queue(queue.clone()).build();
/// pool.start()?;
/// # pool.shutdown(std::time::Duration::from_secs(1));
/// # Ok::<(), fang_core::QueueError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MemoryQueue {
    store: Arc<MemoryStore>,
    handle: Handle,
    context: Context,
}

impl MemoryQueue {
    /// An empty queue.
    pub fn new() -> Self {
        let store = Arc::new(MemoryStore::new(chrono::Utc::now));
        Self { handle: Handle::new(store.clone()), store, context: Context::default() }
    }

    /// With `false`, every task inserted through this queue is unique. Defaults to `true`.
    pub fn duplicated_tasks(mut self, duplicated_tasks: bool) -> Self {
        self.handle = self.handle.rules(InsertRules { duplicated_tasks, ..InsertRules::default() });
        self
    }

    fn verbs(&self) -> Result<handle::Handle, QueueError> {
        self.handle.verbs()
    }

    fn own_context(&self) -> &Context {
        &self.context
    }
}

impl Default for MemoryQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl Backend for MemoryQueue {
    fn engine(&self) -> Result<Arc<dyn Store>, QueueError> {
        Ok(self.store.clone())
    }

    fn handle(&self) -> Result<Handle, QueueError> {
        Ok(self.handle.clone())
    }
}

queueable!([] MemoryQueue);
