use crate::handle::Handle;
use fang_core::store::NonBlocking;
use fang_core::{AsyncQueueable, Mode, NewTask, QueueError};
use fang_engine::handle::Admin;
use std::sync::Arc;
use uuid::Uuid;

/// A queue whose tasks a worker pool can run. It also has the calls for crons and tools. The queues of this crate
/// implement it; implement it for a queue of your own over a [`Handle`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no queue for an `AsyncWorkerPool`",
    label = "not a queue of the async mode",
    note = "an `AsyncWorkerPool` takes an `AsyncQueue`, an `asynk::MemoryQueue` or an `asynk::Handle`; a queue of the blocking mode goes to a `WorkerPool`"
)]
pub trait AsyncBackend: AsyncQueueable + Clone + 'static {
    /// Returns the store for a worker pool, which claims tasks from it and saves results to it. Pools call this. Each
    /// call returns a store with connections of its own, which neither the application nor its tasks can use up.
    ///
    /// # Errors
    /// [`QueueError::NotConnected`] when the queue must be connected first, and [`QueueError::Store`] when its options
    /// are not valid.
    fn engine(&self) -> Result<Arc<dyn NonBlocking>, QueueError>;

    /// Returns the calls for tools and dashboards: they list, count, retry, cancel and remove tasks, pause task types,
    /// and list, pause, resume and remove crons. They use the connections of the queue.
    ///
    /// # Errors
    /// As [`engine`](Self::engine).
    fn admin(&self) -> Result<Admin, QueueError> {
        Ok(self.handle()?.verbs()?.admin())
    }

    /// Returns the queue that `run` of each task gets. It uses the connections of the queue, not those of the pool.
    ///
    /// # Errors
    /// As [`engine`](Self::engine).
    fn handle(&self) -> Result<Handle, QueueError>;

    /// Schedules these tasks as `schedule_task` does, and removes every other cron of this mode together with its
    /// waiting task. Call it at the start of a program, so that crons which the program no longer has are removed.
    /// Returns how many crons were removed.
    ///
    /// It also removes the crons of other programs that share the tables. Call it only if one program schedules all
    /// crons of this mode. Crons that were made by hand stay: those of `set_cron` of [`Admin`], and those made in a
    /// shell. If the call fails, no cron has been removed.
    ///
    /// ```
    /// # use fang_asynk::{AsyncBackend, MemoryQueue};
    /// # use fang_core::{AsyncQueueable, AsyncRunnable, Cron, FangError, NewTask, Scheduled, async_trait, typetag};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)] struct Report;
    /// # #[async_trait]
    /// # #[typetag::serde]
    /// # impl AsyncRunnable for Report {
    /// #     async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> { Ok(()) }
    /// #     fn cron(&self) -> Option<Scheduled> {
    /// #         Some(Scheduled::Cron(Cron::new("0 9 * * 1-5").time_zone("Europe/Berlin")))
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), FangError> {
    /// let queue = MemoryQueue::new();
    /// assert_eq!(queue.schedule_only(vec![NewTask::asynk(&Report)?]).await?, 0);
    /// let crons = queue.admin()?.list_crons().await?;
    /// assert_eq!((crons[0].kind(), crons[0].cron.time_zone.as_str()), ("Report", "Europe/Berlin"));
    /// assert_eq!(queue.schedule_only(vec![]).await?, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The errors of `schedule_task`.
    fn schedule_only(&self, tasks: Vec<NewTask>) -> impl Future<Output = Result<u64, QueueError>> + Send {
        async move { self.handle()?.verbs()?.schedule_only(Mode::Asynk, tasks).await }
    }

    /// Runs a cron once, now: inserts its task, due at once, besides the ticks. Works for a paused cron too.
    /// [`cron_name`](NewTask::cron_name) of the task returns the name. Returns the id of the inserted task, or `None`
    /// if there is no such cron.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn run_cron(&self, name: &str) -> impl Future<Output = Result<Option<Uuid>, QueueError>> + Send {
        async move { self.handle()?.verbs()?.run_cron(name).await }
    }
}
