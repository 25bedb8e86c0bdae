//! The worker pool of this mode.

use crate::backend::Backend;
use crate::runtime::{Threads, block_on};
use crate::workers::Crew;
#[cfg(unix)]
use fang_core::StoreError;
use fang_core::kind::check_names;
use fang_core::middleware::{MiddlewareBlocking, StackBlocking};
use fang_core::{QueueError, Runnable};
#[cfg(unix)]
use fang_engine::group::AnyPool;
use fang_engine::parts::Running;
#[cfg(unix)]
use fang_engine::runtime::{BoxFuture, Runtime};
#[cfg(unix)]
use fang_engine::signals::Signals;
use fang_engine::starting::Starting;
#[cfg(unix)]
use fang_engine::stopper::stop_at_signal;
use fang_engine::{DEFAULT_DEADLINE, PoolConfig, Shutdown};
use std::sync::Arc;
use std::time::Duration;

fang_engine::worker_pool! {
    []
    /// A pool of workers that run heavy tasks of one or several task types. Each worker is an OS thread. Nothing runs
    /// before [`start`](Self::start) or one of the `run_until` calls. Dropping a pool does not stop its threads: call
    /// [`shutdown`](Self::shutdown).
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
        /// Lowers the priority of the worker threads while the processor is busy: a number from 0 to 19 that is added
        /// to their nice value. Defaults to 0: the same priority as all other threads. At 19 the workers run almost
        /// only when the processor is free. Higher values count as 19.
        ///
        /// It affects the worker threads only, not the threads that claim tasks, save results and send beats. Threads
        /// and programs that a task starts inherit the value. Code that waits for a lock which a task has taken may
        /// wait longer. The work of the database for a task stays the same.
        ///
        /// It works on Linux only and has no effect on other systems. If Linux groups threads by container or session
        /// (`kernel.sched_autogroup_enabled`), the workers yield only to threads of their own group. The other threads
        /// of the process always belong to that group.
        #[builder(default)]
        niceness: u8,
    }
    middleware of MiddlewareBlocking in StackBlocking
    lock-claims have no effect
    /// There are no lock-claims if finished tasks are kept (`RetentionMode::KeepAll`), behind a pooler
    /// (`pgbouncer(true)`), on a `connection_pool` of yours, or if the queue is not in Postgres.
}

impl<Q: Backend> WorkerPool<Q> {
    /// Stops the pool. It claims no more tasks, gives back those that no worker has begun, tells the running ones
    /// through [`is_cancelled`](fang_core::Context::is_cancelled), and waits up to `deadline` for them to end. Tasks
    /// that still run then are given back: they run again later, and no retry is charged. A thread cannot be stopped,
    /// so end the process soon after.
    ///
    /// Returns once all results are saved, at most about 10 s after the deadline. If the pool does not run, it returns
    /// an empty report at once. The pool can be started again.
    pub fn shutdown(&mut self, deadline: Duration) -> Shutdown {
        match self.running.take() {
            Some(running) => block_on(running.stop(deadline)),
            None => Shutdown::default(),
        }
    }

    /// Starts the pool, calls the closure `signal`, and shuts the pool down once it returns, with a deadline of 25 s.
    /// Returns the report of the shutdown.
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
    /// The errors of [`start`](Self::start).
    pub fn run_until<T>(&mut self, signal: impl FnOnce() -> T) -> Result<Shutdown, QueueError> {
        self.start()?;
        signal();
        Ok(self.shutdown(DEFAULT_DEADLINE))
    }

    /// Starts the pool, waits for SIGTERM or SIGINT (Ctrl-C), and then shuts the pool down. Tasks that still run after
    /// 23 s are given back, so the process can end within 25 s: Kubernetes kills it 30 s after SIGTERM. A second signal
    /// ends the process at once. Unix only. Returns the report of the shutdown. For several pools, and for another
    /// deadline, use `fang::Pools`.
    ///
    /// If a signal comes before the pool has started, for example while it waits for the server, the process ends with
    /// code 0 once all other pools have stopped.
    ///
    /// SIGTSTP makes the pool [quiet](Self::quiet) until it shuts down, and Ctrl-Z in a terminal sends it too. It then
    /// does not stop the process.
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
        self.forget_stopped();
        if self.running.is_none() {
            self.running = Some(block_on(self.launch(&signals.starting()))?);
        }
        block_on(stop_at_signal(&mut self.running, signals, DEFAULT_DEADLINE))
    }

    async fn launch(&self, starting: &Starting) -> Result<Running, QueueError> {
        check_names::<dyn Runnable>()?;
        let (store, queue) = (self.queue.engine()?, self.queue.handle()?);
        let config = PoolConfig {
            middleware_blocking: self.middleware.clone(),
            inserts: queue.verbs()?.inserts(),
            ..self.config()
        };
        let workers = |pool: &_| Crew::start(pool, queue, self.niceness);
        Running::start(store, Arc::new(Threads), config, starting, workers).await
    }
}

#[cfg(unix)]
impl<Q: Backend + 'static> AnyPool for WorkerPool<Q> {
    fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// The start blocks, so it has a thread of its own.
    fn launched(
        mut self: Box<Self>,
        starting: Arc<Starting>,
    ) -> BoxFuture<'static, Result<Running, QueueError>> {
        Box::pin(async move {
            self.forget_stopped();
            if let Some(running) = self.running.take() {
                return Ok(running);
            }
            let (tell, told) = async_channel::bounded(1);
            let starts = async move {
                let launched = self.launch(&starting).await.map(Launched::new);
                // The application may have given up.
                let _ = tell.send(launched).await;
            };
            Threads.spawn_thread("fang-start", Box::pin(starts)).map_err(QueueError::Signals)?;
            let gone = || StoreError::unreachable("the thread that starts the pool has ended".into());
            let launched: Result<Launched, QueueError> =
                told.recv().await.unwrap_or_else(|_| Err(gone().into()));
            launched?.0.take().ok_or_else(|| gone().into())
        })
    }
}

/// A pool that has started. It stops if nobody takes it.
#[cfg(unix)]
struct Launched(Option<Running>);

#[cfg(unix)]
impl Launched {
    fn new(running: Running) -> Self {
        Self(Some(running))
    }
}

#[cfg(unix)]
impl Drop for Launched {
    fn drop(&mut self) {
        if let Some(running) = self.0.take() {
            let stops = async move {
                running.stop(DEFAULT_DEADLINE).await;
            };
            if let Err(error) = Threads.spawn_thread("fang-stop", Box::pin(stops)) {
                log::error!("a pool that nobody waits for goes on: no thread can be started: {error}");
            }
        }
    }
}
