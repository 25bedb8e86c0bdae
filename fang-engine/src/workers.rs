//! The workers of a pool, as its other parts see them.

use crate::runtime::BoxFuture;
use crate::state::Job;

/// The workers of a pool: tokio tasks in one mode, threads in the other.
pub trait Workers: Send + Sync {
    /// Hands a task to whichever worker is free next. The claimer sees to it that few wait.
    fn run(&self, job: Job);

    /// Adds this many workers, or takes as many away once they are free.
    ///
    /// # Errors
    /// When the system has nothing left to run them with.
    fn resize(&self, before: usize, after: usize) -> std::io::Result<()>;

    /// Takes no more tasks, and returns those that no worker has begun. Workers end once they are free.
    fn close(&self) -> Vec<Job>;

    /// Waits until all workers have ended.
    fn ended(&self) -> BoxFuture<'_, ()>;

    /// Gives up what still runs. Returns how many runs could not be stopped.
    fn abort(&self) -> BoxFuture<'_, usize>;
}
