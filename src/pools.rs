//! Several pools that run until a signal.

use fang_core::QueueError;
use fang_engine::group::{self, AnyPool};
use fang_engine::{DEFAULT_DEADLINE, Shutdown};
use std::time::Duration;

/// Several pools of one program, of either mode, that start together and stop at the same signal. Unix only.
///
#[cfg_attr(all(feature = "asynk", feature = "blocking"), doc = "```no_run")]
#[cfg_attr(not(all(feature = "asynk", feature = "blocking")), doc = "```text")]
/// use fang::{AsyncWorkerPool, FangError, MemoryQueue, Pools, WorkerPool, blocking};
///
/// #[tokio::main]
/// async fn main() -> Result<(), FangError> {
///     let light = AsyncWorkerPool::builder().number_of_workers(10).queue(MemoryQueue::new()).build();
///     let heavy = WorkerPool::builder().number_of_workers(2).queue(blocking::MemoryQueue::new()).build();
///     let reports = Pools::new().with(light).with(heavy).run_until_signal().await?;
///     println!("{reports:?}");
///     Ok(())
/// }
/// ```
#[must_use = "pools run tasks only once they have been started"]
pub struct Pools {
    pools: Vec<Box<dyn AnyPool>>,
    deadline: Duration,
}

impl Pools {
    /// No pools, with a deadline of 25 s.
    pub fn new() -> Self {
        Self { pools: Vec::new(), deadline: DEFAULT_DEADLINE }
    }

    /// Adds a pool: an `AsyncWorkerPool` or a `WorkerPool`. A pool that runs already goes on.
    pub fn with(mut self, pool: impl AnyPool) -> Self {
        self.pools.push(Box::new(pool));
        self
    }

    /// Sets how long the process may take to end after the signal. Defaults to 25 s, since Kubernetes kills a process
    /// 30 s after SIGTERM.
    ///
    /// Tasks may run until 2 s before the deadline. With a deadline of less than 8 s they may run for three quarters of
    /// it. Those that still run then are given back.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Starts the pools, one after the other, and waits for SIGTERM or SIGINT (Ctrl-C). Then it shuts all of them down
    /// at the same time, as `run_until_signal` of a single pool does. Returns their reports, in the order in which the
    /// pools were added.
    ///
    /// If a pool does not start, those before it are shut down. If this future is dropped, all pools shut down. Without
    /// pools it returns at once.
    ///
    /// # Errors
    /// The error of the first pool that does not start, and [`QueueError::Signals`] when the signals cannot be
    /// received.
    pub async fn run_until_signal(self) -> Result<Vec<Shutdown>, QueueError> {
        group::run_until_signal(self.pools, self.deadline).await
    }

    /// Like [`run_until_signal`](Self::run_until_signal), on the calling thread, for a program without tokio. An async
    /// pool needs the context of a runtime: `let _context = runtime.enter();`.
    ///
    #[cfg_attr(feature = "blocking", doc = "```no_run")]
    #[cfg_attr(not(feature = "blocking"), doc = "```text")]
    /// # fn main() -> Result<(), fang::QueueError> {
    /// use fang::{Pools, WorkerPool, blocking::MemoryQueue};
    /// let pictures = WorkerPool::builder().number_of_workers(2).queue(MemoryQueue::new()).task_type("pictures").build();
    /// let reports = WorkerPool::builder().number_of_workers(1).queue(MemoryQueue::new()).task_type("reports").build();
    /// Pools::new().with(pictures).with(reports).run_until_signal_blocking()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`run_until_signal`](Self::run_until_signal), and [`QueueError::NoRuntime`] for an async pool outside
    /// of a runtime.
    #[cfg(feature = "blocking")]
    pub fn run_until_signal_blocking(self) -> Result<Vec<Shutdown>, QueueError> {
        fang_blocking::block_on(self.run_until_signal())
    }
}

impl Default for Pools {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Pools {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pools").field("pools", &self.pools.len()).field("deadline", &self.deadline).finish()
    }
}
