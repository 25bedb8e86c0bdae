//! The workers of a pool, as its other parts see them.

use crate::runtime::BoxFuture;
use crate::state::Job;

/// The workers of a pool: tokio tasks in one mode, threads in the other.
pub trait Workers: Send + Sync {
    /// Hands a task to the next free worker. The claimer makes sure that few tasks wait here.
    fn run(&self, job: Job);

    /// Starts or ends workers to get from `before` to `after`. A surplus worker ends once it is free.
    ///
    /// # Errors
    /// When the system cannot run more of them.
    fn resize(&self, before: usize, after: usize) -> std::io::Result<()>;

    /// Takes no more tasks, and returns those that no worker has begun. Each worker ends once it is free.
    fn close(&self) -> Vec<Job>;

    /// Waits until all workers have ended.
    fn ended(&self) -> BoxFuture<'_, ()>;

    /// Aborts the runs that go on. Returns how many could not be stopped.
    fn abort(&self) -> BoxFuture<'_, usize>;
}
