//! The pool: what an application starts and stops.

use crate::backend::AsyncBackend;
use crate::runtime::Tokio;
use crate::signals::Signals;
use crate::workers::TokioWorkers;
use fang_core::kind::check_names;
use fang_core::{AsyncRunnable, QueueError};
use fang_engine::parts::Running;
use fang_engine::{CANCEL_GRACE, DEFAULT_DEADLINE, PoolConfig, Shutdown};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

fang_engine::worker_pool! {
    [async]
    /// Workers that run the light tasks of one task type, or of several. Dropping a pool does not stop it;
    /// [`shutdown`](Self::shutdown) does.
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
        /// How long the run of a cancelled task may go on before it is dropped where it waits. Defaults to 5 s.
        #[builder(default = CANCEL_GRACE)]
        cancel_grace: Duration,
    }
    lock-claims have no effect
    /// Has no effect where finished tasks are kept, behind a pooler (`pgbouncer(true)`), nor on a queue that is not in
    /// Postgres.
}

impl<Q: AsyncBackend> AsyncWorkerPool<Q> {
    /// Stops claiming, gives back what no worker has begun, waits up to `deadline` for what runs,
    /// and gives back, uncharged, what runs even then. Returns once all results are saved, at the
    /// latest some seconds after the deadline. A second call returns an empty report at once.
    pub async fn shutdown(&mut self, deadline: Duration) -> Shutdown {
        match self.running.take() {
            // In a task of its own, so that it comes to its end even if nobody waits for it.
            Some(running) => tokio::spawn(running.stop(deadline)).await.unwrap_or_default(),
            None => Shutdown::default(),
        }
    }

    /// Runs until `signal` is ready, then shuts down with a deadline of 25 s.
    ///
    /// ```no_run
    /// # async fn example(mut pool: fang_asynk::AsyncWorkerPool<fang_asynk::MemoryQueue>) -> Result<(), fang_core::QueueError> {
    /// pool.run_until(async { tokio::signal::ctrl_c().await.unwrap_or_default() }).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn run_until(&mut self, signal: impl Future) -> Result<Shutdown, QueueError> {
        self.start().await?;
        signal.await;
        Ok(self.shutdown(DEFAULT_DEADLINE).await)
    }

    /// Runs until the process is told to stop by SIGTERM or SIGINT (elsewhere than on Unix: Ctrl-C), then
    /// shuts down with a deadline of 25 s, in time for those that send SIGKILL after 30, such as
    /// Kubernetes. A second signal ends the process at once.
    ///
    /// ```no_run
    /// # async fn example(mut pool: fang_asynk::AsyncWorkerPool<fang_asynk::MemoryQueue>) -> Result<(), fang_core::QueueError> {
    /// pool.run_until_signal().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`QueueError::Signals`], or as [`start`](Self::start).
    pub async fn run_until_signal(&mut self) -> Result<Shutdown, QueueError> {
        let mut signals = Signals::new().map_err(QueueError::Signals)?;
        self.start().await?;
        signals.next().await;
        log::info!("told to stop; a second signal ends the process at once");
        tokio::select! {
            report = self.shutdown(DEFAULT_DEADLINE) => Ok(report),
            signal = signals.next() => std::process::exit(128 + signal),
        }
    }

    async fn launch(&self) -> Result<Running, QueueError> {
        check_names::<dyn AsyncRunnable>()?;
        let config = PoolConfig { cancel_grace: self.cancel_grace, ..self.config() };
        let (store, queue) = (self.queue.engine()?, self.queue.handle()?);
        let workers = |pool: &_| Ok(TokioWorkers::start(pool, queue));
        Running::start(store, Arc::new(Tokio), config, workers).await
    }
}
