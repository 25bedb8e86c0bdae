//! The worker pool of this mode.

use crate::backend::AsyncBackend;
use crate::runtime::Tokio;
#[cfg(not(unix))]
use crate::signals::Signals;
use crate::workers::TokioWorkers;
use fang_core::kind::check_names;
use fang_core::middleware::{Middleware, Stack};
use fang_core::{AsyncRunnable, QueueError};
#[cfg(unix)]
use fang_engine::group::AnyPool;
use fang_engine::parts::Running;
#[cfg(unix)]
use fang_engine::runtime::BoxFuture;
#[cfg(unix)]
use fang_engine::signals::Signals;
use fang_engine::starting::Starting;
#[cfg(unix)]
use fang_engine::stopper::stop_at_signal;
use fang_engine::{CANCEL_GRACE, DEFAULT_DEADLINE, PoolConfig, Shutdown};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

fang_engine::worker_pool! {
    [async]
    /// A pool of workers that run light tasks of one or several task types. The workers are tokio tasks. Nothing runs
    /// before [`start`](Self::start) or one of the `run_until` calls. Dropping a pool does not stop it: call
    /// [`shutdown`](Self::shutdown).
    ///
    /// ```
    /// use fang_asynk::{AsyncWorkerPool, MemoryQueue};
    /// use fang_core::RetentionMode;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), fang_core::FangError> {
    /// let mut pool = AsyncWorkerPool::builder()
    ///     .number_of_workers(10_u32)
    ///     .queue(MemoryQueue::new())
    ///     .task_type("mail")
    ///     .retention_mode(RetentionMode::KeepAll)
    ///     .build();
    /// pool.start().await?;
    /// let report = pool.shutdown(std::time::Duration::from_secs(5)).await;
    /// assert_eq!(report.still_running, 0);
    /// # Ok(()) }
    /// ```
    pub struct AsyncWorkerPool<Q: AsyncBackend> {
        /// How long a task that is cancelled while it runs may go on. After that its run is dropped at its next
        /// `.await`. Defaults to 5 s.
        #[builder(default = CANCEL_GRACE)]
        cancel_grace: Duration,
    }
    middleware of Middleware in Stack
    lock-claims have no effect
    /// There are no lock-claims if finished tasks are kept (`RetentionMode::KeepAll`), behind a pooler
    /// (`pgbouncer(true)`), or if the queue is not in Postgres.
}

impl<Q: AsyncBackend> AsyncWorkerPool<Q> {
    /// Stops the pool. It claims no more tasks, gives back those that no worker has begun, tells the running ones
    /// through [`is_cancelled`](fang_core::Context::is_cancelled), and waits up to `deadline` for them to end. Tasks
    /// that still run then are dropped at their next `.await` and given back: they run again later, and no retry is
    /// charged.
    ///
    /// Returns once all results are saved, at most about 10 s after the deadline. If the pool does not run, it returns
    /// an empty report at once. The pool can be started again.
    pub async fn shutdown(&mut self, deadline: Duration) -> Shutdown {
        match self.running.take() {
            // In a task of its own, so that the shutdown completes even if the caller drops this future.
            Some(running) => tokio::spawn(running.stop(deadline)).await.unwrap_or_default(),
            None => Shutdown::default(),
        }
    }

    /// Starts the pool, waits until the future `signal` is ready, and then shuts the pool down with a deadline of 25 s.
    /// `stop_worker` of `Admin` ends the wait as well. Returns the report of the shutdown.
    ///
    /// ```no_run
    /// # async fn example(mut pool: fang_asynk::AsyncWorkerPool<fang_asynk::MemoryQueue>) -> Result<(), fang_core::QueueError> {
    /// pool.run_until(async { tokio::signal::ctrl_c().await.unwrap_or_default() }).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The errors of [`start`](Self::start).
    pub async fn run_until(&mut self, signal: impl Future) -> Result<Shutdown, QueueError> {
        self.start().await?;
        if let Some(asked) = self.running.as_ref().map(Running::asked_to_stop) {
            tokio::select! {
                _ = signal => {}
                () = asked => {}
            }
        }
        Ok(self.shutdown(DEFAULT_DEADLINE).await)
    }

    /// Starts the pool, waits for SIGTERM or SIGINT (Ctrl-C), and then shuts the pool down. Tasks that still run after
    /// 23 s are given back, so the process can end within 25 s: Kubernetes kills it 30 s after SIGTERM. A second signal
    /// ends the process at once. On systems other than Unix, only Ctrl-C is waited for. Returns the report of the
    /// shutdown. For several pools, and for another deadline, use `fang::Pools`.
    ///
    /// If a signal comes before the pool has started, for example while it waits for the server, the process ends with
    /// code 0 once all other pools have stopped.
    ///
    /// A thread of the library receives the signals and shuts down. If tasks still block threads of the runtime after
    /// the shutdown, the process ends with code 0, at most a second later: the runtime would wait for them for ever.
    ///
    /// SIGTSTP makes the pool [quiet](Self::quiet) until it shuts down, and Ctrl-Z in a terminal sends it too. It then
    /// does not stop the process.
    ///
    /// ```no_run
    /// # async fn example(mut pool: fang_asynk::AsyncWorkerPool<fang_asynk::MemoryQueue>) -> Result<(), fang_core::QueueError> {
    /// pool.run_until_signal().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`QueueError::Signals`] when the signals cannot be received, and the errors of [`start`](Self::start).
    #[cfg(unix)]
    pub async fn run_until_signal(&mut self) -> Result<Shutdown, QueueError> {
        let signals = Signals::new().map_err(QueueError::Signals)?;
        self.forget_stopped();
        if self.running.is_none() {
            self.running = Some(self.launch(&signals.starting()).await?);
        }
        stop_at_signal(&mut self.running, signals, DEFAULT_DEADLINE).await
    }

    /// Starts the pool, waits for Ctrl-C, and then shuts down with a deadline of 25 s. A second one ends the process
    /// at once.
    ///
    /// # Errors
    /// [`QueueError::Signals`] when the signals cannot be received, and the errors of [`start`](Self::start).
    #[cfg(not(unix))]
    pub async fn run_until_signal(&mut self) -> Result<Shutdown, QueueError> {
        let mut signals = Signals::new().map_err(QueueError::Signals)?;
        self.start().await?;
        signals.next().await;
        tokio::select! {
            report = self.shutdown(DEFAULT_DEADLINE) => Ok(report),
            signal = signals.next() => std::process::exit(128 + signal),
        }
    }

    async fn launch(&self, starting: &Starting) -> Result<Running, QueueError> {
        check_names::<dyn AsyncRunnable>()?;
        let (store, queue) = (self.queue.engine()?, self.queue.handle()?);
        let config = PoolConfig {
            cancel_grace: self.cancel_grace,
            middleware: self.middleware.clone(),
            inserts: queue.verbs()?.inserts(),
            ..self.config()
        };
        let workers = |pool: &_| Ok(TokioWorkers::start(pool, queue));
        Running::start(store, Arc::new(Tokio::current()?), config, starting, workers).await
    }
}

#[cfg(unix)]
impl<Q: AsyncBackend + 'static> AnyPool for AsyncWorkerPool<Q> {
    fn is_running(&self) -> bool {
        self.running.is_some()
    }

    fn launched(
        mut self: Box<Self>,
        starting: Arc<Starting>,
    ) -> BoxFuture<'static, Result<Running, QueueError>> {
        Box::pin(async move {
            self.forget_stopped();
            match self.running.take() {
                Some(running) => Ok(running),
                None => self.launch(&starting).await,
            }
        })
    }
}
