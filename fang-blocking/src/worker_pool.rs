//! The worker pool of this mode.

use crate::backend::Backend;
use crate::runtime::{Threads, block_on};
use crate::workers::Crew;
use fang_core::kind::check_names;
use fang_core::{QueueError, Runnable};
use fang_engine::parts::Running;
#[cfg(unix)]
use fang_engine::signals::Signals;
use fang_engine::{DEFAULT_DEADLINE, Shutdown};
use std::sync::Arc;
use std::time::Duration;

fang_engine::worker_pool! {
    []
    /// A pool of workers that run blocking tasks of one or several task types. Each worker is an OS thread.
    /// Dropping a pool does not stop its threads: call [`shutdown`](Self::shutdown).
    ///
    /// ```
    /// use fang_blocking::{MemoryQueue, WorkerPool};
    /// use fang_core::RetentionMode;
    /// let mut pool = WorkerPool::builder()
    ///     .number_of_workers(3_u32)
    ///     .queue(MemoryQueue::new())
    ///     .task_type("sync")
    ///     .retention_mode(RetentionMode::KeepAll)
    ///     .build();
    /// pool.start()?;
    /// let report = pool.shutdown(std::time::Duration::from_secs(5));
    /// assert_eq!(report.still_running, 0);
    /// # Ok::<(), fang_core::QueueError>(())
    /// ```
    pub struct WorkerPool<Q: Backend> {
        /// How much processor time the workers leave to other threads. The value is added to the nice value of the
        /// worker threads. Defaults to 0: workers have the same priority as all other threads. At 19 they run
        /// almost only when the processor is free. Higher values count as 19.
        ///
        /// Only the worker threads are affected, not the threads that claim, save results and send beats. Threads and
        /// programs that a task starts inherit the value. Code that waits for a lock which a task has taken may wait
        /// longer. The load of the statements of a task on the database stays the same.
        ///
        /// This works on Linux only; it has no effect on other systems. If Linux groups threads by container or
        /// session (`kernel.sched_autogroup_enabled`), the nice value counts within the group. The other threads of
        /// the process are always in that group.
        #[builder(default)]
        niceness: u8,
    }
    lock-claims have no effect
    /// It has no effect if finished tasks are kept, behind a pooler (`pgbouncer(true)`), on the connection pool of
    /// the application, or if the queue is not in Postgres.
}

impl<Q: Backend> WorkerPool<Q> {
    /// Stops the pool. It stops claiming, releases the tasks that no worker has begun, and waits up to `deadline`
    /// for the tasks that run. Tasks that still run then are given back: they run again later, and the interrupted
    /// run does not count as an attempt. A thread cannot be stopped, so end the process soon after.
    ///
    /// Returns once all results are saved, at most some seconds after the deadline. A second call returns an empty
    /// report at once.
    pub fn shutdown(&mut self, deadline: Duration) -> Shutdown {
        match self.running.take() {
            Some(running) => block_on(running.stop(deadline)),
            None => Shutdown::default(),
        }
    }

    /// Starts the pool, waits until the closure `signal` returns, and then shuts down with a deadline of 25 s.
    ///
    /// ```no_run
    /// # fn example(mut pool: fang_blocking::WorkerPool<fang_blocking::MemoryQueue>) -> Result<(), fang_core::QueueError> {
    /// let (stop, stopped) = std::sync::mpsc::channel::<()>();
    /// // Give `stop` to a signal handler, such as that of the crate `ctrlc`.
    /// pool.run_until(|| stopped.recv())?;
    /// # drop(stop);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn run_until<T>(&mut self, signal: impl FnOnce() -> T) -> Result<Shutdown, QueueError> {
        self.start()?;
        signal();
        Ok(self.shutdown(DEFAULT_DEADLINE))
    }

    /// Starts the pool, waits for SIGTERM or SIGINT, and then shuts down with a deadline of 25 s. Kubernetes sends
    /// SIGKILL after 30 s. A second signal ends the process at once. A signal that comes before the pool has started,
    /// as while it waits for the server, ends the process with code 0, once all other pools have stopped. Unix only.
    ///
    /// ```no_run
    /// # fn example(mut pool: fang_blocking::WorkerPool<fang_blocking::MemoryQueue>) -> Result<(), fang_core::QueueError> {
    /// pool.run_until_signal()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`QueueError::Signals`] when the signals cannot be received, and the errors of [`start`](Self::start).
    #[cfg(unix)]
    pub fn run_until_signal(&mut self) -> Result<Shutdown, QueueError> {
        let signals = Signals::new().map_err(QueueError::Signals)?;
        self.start()?;
        let _running = signals.started();
        block_on(signals.first());
        Ok(self.shutdown(DEFAULT_DEADLINE))
    }

    async fn launch(&self) -> Result<Running, QueueError> {
        check_names::<dyn Runnable>()?;
        let (store, queue) = (self.queue.engine()?, self.queue.handle()?);
        let workers = |pool: &_| Crew::start(pool, queue, self.niceness);
        Running::start(store, Arc::new(Threads), self.config(), workers).await
    }
}
