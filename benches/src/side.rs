//! Queue and pool of either mode behind one type.

use crate::tasks::{SMALL, heavies, heavy, light, lights};
use fang::asynk::async_queue::AsyncQueue;
use fang::{AsyncQueueable, AsyncWorkerPool, NoTls, Queue, Queueable, WorkerPool};
use fang_bench_kit::Error;
use std::ops::Range;
use std::time::Duration;

/// The ending of a name that turns lock-claims off: all claims are written.
const WRITING: &str = ", writing";

/// How long a pool may take to stop.
const DEADLINE: Duration = Duration::from_secs(10);

/// A queue of one mode, and whether its pools use lock-claims.
#[derive(Clone)]
pub(crate) struct Side {
    pub(crate) queue: Mode,
    holds: bool,
}

#[derive(Clone)]
pub(crate) enum Mode {
    Async(AsyncQueue<NoTls>),
    Blocking(Queue),
}

/// A running pool.
pub(crate) enum Pool {
    Async(AsyncWorkerPool<AsyncQueue<NoTls>>),
    Blocking(WorkerPool<Queue>),
}

pub(crate) async fn migrate(uri: &str) -> Result<(), Error> {
    AsyncQueue::<NoTls>::builder().uri(uri).max_pool_size(1_u32).build().migrate().await?;
    Ok(())
}

impl Side {
    pub(crate) const NAMES: [&str; 2] = ["async", "blocking"];

    /// All names: each mode with and without lock-claims.
    pub(crate) const ALL_NAMES: [&str; 4] = ["async", "async, writing", "blocking", "blocking, writing"];

    /// Makes the side with this name, one of [`ALL_NAMES`](Self::ALL_NAMES), with this many connections.
    pub(crate) fn new(name: &str, uri: &str, connections: u32) -> Self {
        let mode = name.trim_end_matches(WRITING);
        let queue = match mode {
            "async" => Mode::Async(AsyncQueue::builder().uri(uri).max_pool_size(connections).build()),
            _ => Mode::Blocking(Queue::builder().uri(uri).max_pool_size(connections).build()),
        };
        Self { queue, holds: mode == name }
    }

    /// The side of a queue.
    #[cfg(feature = "observed")]
    pub(crate) fn of(queue: Mode) -> Self {
        Self { queue, holds: true }
    }

    /// Inserts one task. In the blocking mode this blocks the calling thread.
    pub(crate) async fn insert(&self, number: u64) -> Result<(), Error> {
        match &self.queue {
            Mode::Async(queue) => drop(queue.insert_task(&light(number)).await?),
            Mode::Blocking(queue) => drop(queue.insert_task(&heavy(number))?),
        }
        Ok(())
    }

    /// Inserts many tasks in one call.
    pub(crate) async fn fill(&self, numbers: Range<u64>) -> Result<(), Error> {
        self.fill_with(numbers, SMALL).await
    }

    pub(crate) async fn fill_with(&self, numbers: Range<u64>, bytes: usize) -> Result<(), Error> {
        match &self.queue {
            Mode::Async(queue) => drop(queue.insert_tasks(lights(numbers, bytes)?).await?),
            Mode::Blocking(queue) => drop(queue.insert_tasks(heavies(numbers, bytes)?)?),
        }
        Ok(())
    }

    /// Starts a pool with this many workers.
    pub(crate) async fn start(&self, workers: u32) -> Result<Pool, Error> {
        Ok(match &self.queue {
            Mode::Async(queue) => {
                let builder = AsyncWorkerPool::builder().number_of_workers(workers).queue(queue.clone());
                let mut pool = builder.lock_claims(self.holds).build();
                pool.start().await?;
                Pool::Async(pool)
            }
            Mode::Blocking(queue) => {
                let builder = WorkerPool::builder().number_of_workers(workers).queue(queue.clone());
                let mut pool = builder.lock_claims(self.holds).build();
                pool.start()?;
                Pool::Blocking(pool)
            }
        })
    }
}

impl Pool {
    /// Stops the pool. Returns once all results are saved.
    pub(crate) async fn stop(self) {
        match self {
            Self::Async(mut pool) => drop(pool.shutdown(DEADLINE).await),
            Self::Blocking(mut pool) => drop(pool.shutdown(DEADLINE)),
        }
    }
}
