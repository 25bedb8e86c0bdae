use crate::backend::Backend;
use crate::handle::Handle;
use fang_core::store::Store;

fang_engine::memory_queue! {
    blocking
    /// A queue in the memory of this process, for the blocking mode, without a server. Its tasks are lost when the
    /// process ends, and other processes do not see them. For tests, examples, and programs that may lose waiting
    /// tasks. Clones are the same queue.
    ///
    /// ```
    /// use fang_blocking::{WorkerPool, MemoryQueue};
    /// let queue = MemoryQueue::new();
    /// let mut pool = WorkerPool::builder().number_of_workers(2_u32).queue(queue.clone()).build();
    /// pool.start()?;
    /// # pool.shutdown(std::time::Duration::from_secs(1));
    /// # Ok::<(), fang_core::QueueError>(())
    /// ```
    pub struct MemoryQueue as Backend over dyn Store;
}
