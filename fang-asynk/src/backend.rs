use crate::handle::Handle;
use fang_core::store::NonBlocking;
use fang_core::{AsyncQueueable, AsyncRunnable, QueueError};
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

    /// The store as tools use it: to look at tasks, count them, retry and cancel them, pause task
    /// types, list, pause, resume and remove crons. Over the application's connections.
    ///
    /// # Errors
    /// As [`engine`](Self::engine).
    fn admin(&self) -> Result<Arc<dyn NonBlocking>, QueueError>;

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
        async move { self.handle()?.schedule_only(tasks).await }
    }

    /// Inserts a task of the cron of this name, due now and apart from its ticks, and even while it is
    /// paused. Returns the task's id, or `None` when there is no such cron.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn run_cron(&self, name: &str) -> impl Future<Output = Result<Option<Uuid>, QueueError>> + Send {
        async move { self.handle()?.run_cron(name).await }
    }
}

/// Implements [`AsyncQueueable`] for a backend by asking its handle.
macro_rules! queueable_by_handle {
    ([$($generics:tt)*] $queue:ty) => {
        #[async_trait::async_trait]
        impl<$($generics)*> fang_core::AsyncQueueable for $queue {
            async fn insert(&self, task: fang_core::NewTask) -> Result<fang_core::Task, fang_core::QueueError> {
                self.handle()?.insert(task).await
            }

            async fn insert_tasks(
                &self,
                tasks: Vec<fang_core::NewTask>,
            ) -> Result<Vec<fang_core::store::Inserted>, fang_core::QueueError> {
                self.handle()?.insert_tasks(tasks).await
            }

            async fn schedule_task(
                &self,
                task: &dyn fang_core::AsyncRunnable,
            ) -> Result<fang_core::Task, fang_core::QueueError> {
                self.handle()?.schedule_task(task).await
            }

            async fn remove_all_tasks(&self) -> Result<u64, fang_core::QueueError> {
                self.handle()?.remove_all_tasks().await
            }

            async fn remove_all_scheduled_tasks(&self) -> Result<u64, fang_core::QueueError> {
                self.handle()?.remove_all_scheduled_tasks().await
            }

            async fn remove_task(&self, id: uuid::Uuid) -> Result<u64, fang_core::QueueError> {
                self.handle()?.remove_task(id).await
            }

            async fn remove_task_by_metadata(
                &self,
                task: &dyn fang_core::AsyncRunnable,
            ) -> Result<u64, fang_core::QueueError> {
                self.handle()?.remove_task_by_metadata(task).await
            }

            async fn remove_tasks_type(&self, task_type: &str) -> Result<u64, fang_core::QueueError> {
                self.handle()?.remove_tasks_type(task_type).await
            }

            async fn find_task_by_id(
                &self,
                id: uuid::Uuid,
            ) -> Result<Option<fang_core::Task>, fang_core::QueueError> {
                self.handle()?.find_task_by_id(id).await
            }

            async fn cancel_task(&self, id: uuid::Uuid) -> Result<bool, fang_core::QueueError> {
                self.handle()?.cancel_task(id).await
            }

            async fn retry_task(&self, id: uuid::Uuid) -> Result<bool, fang_core::QueueError> {
                self.handle()?.retry_task(id).await
            }

            async fn retry_failed(
                &self,
                which: &fang_core::store::FailedTasks,
            ) -> Result<u64, fang_core::QueueError> {
                self.handle()?.retry_failed(which).await
            }

            async fn reschedule_task(
                &self,
                id: uuid::Uuid,
                due: fang_core::new_task::Due,
            ) -> Result<bool, fang_core::QueueError> {
                self.handle()?.reschedule_task(id, due).await
            }

            async fn set_priority(
                &self,
                id: uuid::Uuid,
                priority: fang_core::Priority,
            ) -> Result<bool, fang_core::QueueError> {
                self.handle()?.set_priority(id, priority).await
            }

            async fn pause(&self, task_type: &str) -> Result<bool, fang_core::QueueError> {
                self.handle()?.pause(task_type).await
            }

            async fn resume(&self, task_type: &str) -> Result<bool, fang_core::QueueError> {
                self.handle()?.resume(task_type).await
            }

            async fn list_tasks(
                &self,
                filter: &fang_core::store::Filter,
            ) -> Result<Vec<fang_core::Task>, fang_core::QueueError> {
                self.handle()?.list_tasks(filter).await
            }

            async fn count_tasks(&self) -> Result<Vec<fang_core::store::Count>, fang_core::QueueError> {
                self.handle()?.count_tasks().await
            }

            fn context(&self) -> &fang_core::Context {
                &self.context
            }
        }
    };
}

pub(crate) use queueable_by_handle;
