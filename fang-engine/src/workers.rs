//! The workers of a pool, as its other parts see them.

use crate::runtime::BoxFuture;
use crate::state::Job;
use std::sync::Arc;

/// An order to one worker.
#[derive(Debug)]
pub enum Order {
    /// Run this task, then take the next order.
    Run(Arc<Job>),
    /// End, because the pool is resized to fewer workers.
    Leave,
}

impl Order {
    /// Takes the tasks out of these orders. Returns them and the other orders.
    pub fn sort(orders: impl Iterator<Item = Self>) -> (Vec<Arc<Job>>, Vec<Self>) {
        let (mut jobs, mut others) = (Vec::new(), Vec::new());
        for order in orders {
            match order {
                Self::Run(job) => jobs.push(job),
                Self::Leave => others.push(order),
            }
        }
        (jobs, others)
    }
}

/// The workers of a pool: tokio tasks in one mode, threads in the other.
pub trait Workers: Send + Sync {
    /// Hands a task to the next free worker. The claimer makes sure that few tasks wait here.
    fn run(&self, job: Arc<Job>);

    /// Starts or ends workers to get from `before` to `after`. A surplus worker ends once it is free.
    ///
    /// # Errors
    /// When the system cannot run more of them.
    fn resize(&self, before: usize, after: usize) -> std::io::Result<()>;

    /// Returns the tasks that no worker has begun.
    fn take_waiting(&self) -> Vec<Arc<Job>>;

    /// Takes no more tasks, and returns those that no worker has begun. Each worker ends once it is free.
    fn close(&self) -> Vec<Arc<Job>>;

    /// Waits until all workers have ended.
    fn ended(&self) -> BoxFuture<'_, ()>;

    /// Aborts the runs that go on. Returns how many could not be stopped.
    fn abort(&self) -> BoxFuture<'_, usize>;
}
