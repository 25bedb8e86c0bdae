use crate::handle::Handle;
use fang_core::store::NonBlocking;
use fang_core::{AsyncQueueable, AsyncRunnable, Mode, NewTask, QueueError};
use fang_engine::handle::Admin;
use std::sync::Arc;
use uuid::Uuid;

/// A queue that a pool can work for: it brings a store.
pub trait AsyncBackend: AsyncQueueable + Clone + 'static {
    /// The store as a pool's own engine uses it: over connections that neither the application nor
    /// the tasks can exhaust.
    ///
    /// # Errors
    /// [`QueueError::NotConnected`] when the queue has to be connected first, or what keeps it from
    /// being so.
    fn engine(&self) -> Result<Arc<dyn NonBlocking>, QueueError>;

    /// What tools ask of the store: to look at tasks, count them, retry and cancel them, pause task types, list, pause,
    /// resume and remove crons. Over the application's connections.
    ///
    /// # Errors
    /// As [`engine`](Self::engine).
    fn admin(&self) -> Result<Admin, QueueError> {
        Ok(self.handle()?.verbs()?.admin())
    }

    /// The queue as tasks use it: over the application's connections.
    ///
    /// # Errors
    /// As [`engine`](Self::engine).
    fn handle(&self) -> Result<Handle, QueueError>;

    /// Schedules these tasks, and removes all other crons of this mode, their waiting tasks with them:
    /// those that the program no longer has. Returns how many crons were removed.
    ///
    /// The crons of other programs that share the tables go as well, so call it only where one
    /// program has them all. When it fails, none has been removed.
    ///
    /// ```
    /// # use fang_asynk::{AsyncBackend, MemoryQueue};
    /// # use fang_core::{AsyncQueueable, AsyncRunnable, Cron, FangError, Scheduled, async_trait, typetag};
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
    /// assert_eq!(queue.schedule_only(&[&Report]).await?, 0);
    /// let crons = queue.admin()?.list_crons().await?;
    /// assert_eq!((crons[0].kind(), crons[0].cron.time_zone.as_str()), ("Report", "Europe/Berlin"));
    /// assert_eq!(queue.schedule_only(&[]).await?, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As `schedule_task`.
    fn schedule_only(
        &self,
        tasks: &[&dyn AsyncRunnable],
    ) -> impl Future<Output = Result<u64, QueueError>> + Send {
        let schedules = tasks.iter().map(|task| Ok((NewTask::asynk(*task)?, task.cron())));
        let schedules = schedules.collect::<Result<Vec<_>, QueueError>>();
        async move { self.handle()?.verbs()?.schedule_only(Mode::Asynk, schedules?).await }
    }

    /// Inserts a task of the cron of this name, due now and apart from its ticks, and even while it is
    /// paused. Returns the task's id, or `None` when there is no such cron.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn run_cron(&self, name: &str) -> impl Future<Output = Result<Option<Uuid>, QueueError>> + Send {
        async move { self.handle()?.verbs()?.run_cron(name).await }
    }
}
