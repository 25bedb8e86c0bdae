use crate::handle::Handle;
use fang_core::store::NonBlocking;
use fang_core::{AsyncQueueable, Mode, NewTask, QueueError};
use fang_engine::handle::Admin;
use std::sync::Arc;
use uuid::Uuid;

/// A queue that a worker pool can run tasks from. Its store says where the tasks are saved.
pub trait AsyncBackend: AsyncQueueable + Clone + 'static {
    /// Returns the store that a worker pool claims from and saves results to. It has connections of its own, which
    /// neither the application nor the tasks can use up.
    ///
    /// # Errors
    /// [`QueueError::NotConnected`] when the queue must be connected first, and any error of connecting.
    fn engine(&self) -> Result<Arc<dyn NonBlocking>, QueueError>;

    /// Returns the calls for tools and dashboards. They list, count, retry, cancel and remove tasks, pause task
    /// types, and list, pause, resume and remove crons. They use the application's connections.
    ///
    /// # Errors
    /// As [`engine`](Self::engine).
    fn admin(&self) -> Result<Admin, QueueError> {
        Ok(self.handle()?.verbs()?.admin())
    }

    /// Returns the queue that running tasks are given. It uses the application's connections.
    ///
    /// # Errors
    /// As [`engine`](Self::engine).
    fn handle(&self) -> Result<Handle, QueueError>;

    /// Schedules these tasks and removes every other cron of this mode, together with its waiting tasks. Call it at
    /// the start of a program to remove the crons that the program no longer has. Returns how many crons were
    /// removed.
    ///
    /// It also removes the crons of other programs that share the tables. Call it only if one program schedules all
    /// crons of this mode. If it fails, no cron has been removed.
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
    /// As `schedule_task`.
    fn schedule_only(&self, tasks: Vec<NewTask>) -> impl Future<Output = Result<u64, QueueError>> + Send {
        async move { self.handle()?.verbs()?.schedule_only(Mode::Asynk, tasks).await }
    }

    /// Inserts a task of the cron of this name that is due now. The ticks of the cron stay as they are. Works for a
    /// paused cron too. Returns the id of the task, or `None` when there is no such cron.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn run_cron(&self, name: &str) -> impl Future<Output = Result<Option<Uuid>, QueueError>> + Send {
        async move { self.handle()?.verbs()?.run_cron(name).await }
    }
}
