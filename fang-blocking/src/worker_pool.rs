//! The pool: what an application starts and stops.

use crate::backend::Backend;
use crate::runtime::{Threads, block_on};
#[cfg(unix)]
use crate::signals::Signals;
use crate::workers::Crew;
use fang_core::kind::check_names;
use fang_core::{QueueError, Runnable};
use fang_engine::parts::Running;
use fang_engine::{DEFAULT_DEADLINE, Shutdown};
use std::sync::Arc;
use std::time::Duration;

fang_engine::worker_pool! {
    []
    /// Workers that run the heavy tasks of one task type, or of several, each on a thread of its own. Dropping a pool
    /// does not stop its threads; [`shutdown`](Self::shutdown) does.
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
        /// How far the workers yield the processor to what else runs: it is added to the nice value of their
        /// threads. Defaults to 0: they are as urgent as all others. At 19 they take little more than what
        /// others leave; more counts as 19.
        ///
        /// Only tasks yield, never what claims, saves and beats for them. A thread or a program that a task
        /// starts yields as the task does, and whoever waits for a lock that a task holds waits for longer.
        /// Nor does it reach the database: what its statements cost there, it costs as before.
        ///
        /// On Linux; elsewhere a thread has no nice value of its own, and this has no effect. Where Linux
        /// groups what runs, by containers or by sessions (`kernel.sched_autogroup_enabled`), a nice value
        /// counts within its group: the workers yield to the other threads of their process in any case.
        #[builder(default)]
        niceness: u8,
    }
    lock-claims have no effect
    /// Has no effect where finished tasks are kept, behind a pooler (`pgbouncer(true)`), on connections of the
    /// application's pool, nor on a queue that is not in Postgres.
}

impl<Q: Backend> WorkerPool<Q> {
    /// Stops claiming, gives back what no worker has begun, waits up to `deadline` for what runs,
    /// and gives back, uncharged, what runs even then: a thread cannot be stopped, so end the process
    /// soon. Returns once all results are saved, at the latest some seconds after the deadline. A
    /// second call returns an empty report at once.
    pub fn shutdown(&mut self, deadline: Duration) -> Shutdown {
        match self.running.take() {
            Some(running) => block_on(running.stop(deadline)),
            None => Shutdown::default(),
        }
    }

    /// Runs until `signal` returns, then shuts down with a deadline of 25 s.
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

    /// Runs until the process is told to stop by SIGTERM or SIGINT, then
    /// shuts down with a deadline of 25 s, in time for those that send SIGKILL after 30, such as
    /// Kubernetes. A second signal ends the process at once.
    ///
    /// ```no_run
    /// # fn example(mut pool: fang_blocking::WorkerPool<fang_blocking::MemoryQueue>) -> Result<(), fang_core::QueueError> {
    /// pool.run_until_signal()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`QueueError::Signals`], or as [`start`](Self::start).
    #[cfg(unix)]
    pub fn run_until_signal(&mut self) -> Result<Shutdown, QueueError> {
        let mut signals = Signals::new().map_err(QueueError::Signals)?;
        self.start()?;
        signals.next();
        log::info!("told to stop; a second signal ends the process at once");
        signals.exit_at_the_next();
        Ok(self.shutdown(DEFAULT_DEADLINE))
    }

    async fn launch(&self) -> Result<Running, QueueError> {
        check_names::<dyn Runnable>()?;
        let (store, queue) = (self.queue.engine()?, self.queue.handle()?);
        let workers = |pool: &_| Crew::start(pool, queue, self.niceness);
        Running::start(store, Arc::new(Threads), self.config(), workers).await
    }
}
