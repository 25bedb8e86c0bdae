use crate::backend::AsyncBackend;
use crate::handle::Handle;
use fang_core::store::NonBlocking;

fang_engine::memory_queue! {
    asynk
    /// A queue in the memory of this process, for the async mode, without a server. Its tasks are lost when the process
    /// ends, and other processes do not see them. For tests, examples, and programs that may lose waiting tasks. Clones
    /// are the same queue.
    ///
    /// ```
    /// use fang_asynk::{AsyncWorkerPool, MemoryQueue};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), fang_core::FangError> {
    /// let queue = MemoryQueue::new();
    /// let mut pool = AsyncWorkerPool::builder().number_of_workers(2_u32).queue(queue.clone()).build();
    /// pool.start().await?;
    /// # pool.shutdown(std::time::Duration::from_secs(1)).await; Ok(()) }
    /// ```
    pub struct MemoryQueue as AsyncBackend over dyn NonBlocking;
}
