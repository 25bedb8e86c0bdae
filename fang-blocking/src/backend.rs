use crate::handle::Handle;
use fang_core::store::Store;
use fang_core::{QueueError, Queueable};
use std::sync::Arc;

/// A queue that a pool can work for: it brings a store.
pub trait Backend: Queueable + Clone + 'static {
    /// The store as a pool's own engine uses it: over connections that neither the application nor
    /// the tasks can exhaust.
    ///
    /// # Errors
    /// [`QueueError::NotConnected`] when the queue has to be connected first, or what keeps it from
    /// being so.
    fn engine(&self) -> Result<Arc<dyn Store>, QueueError>;

    /// The store as tools use it: to look at tasks, count them, retry and cancel them, pause task
    /// types. Over the application's connections.
    ///
    /// # Errors
    /// As [`engine`](Self::engine).
    fn admin(&self) -> Result<Arc<dyn Store>, QueueError>;

    /// The queue as tasks use it: over the application's connections.
    ///
    /// # Errors
    /// As [`engine`](Self::engine).
    fn handle(&self) -> Result<Handle, QueueError>;
}

/// Implements [`Queueable`] for a backend by asking its handle.
macro_rules! queueable_by_handle {
    ([$($generics:tt)*] $queue:ty) => {
                impl<$($generics)*> fang_core::Queueable for $queue {
            fn insert(&self, task: fang_core::NewTask) -> Result<fang_core::Task, fang_core::QueueError> {
                self.handle()?.insert(task)
            }

            fn insert_tasks(
                &self,
                tasks: Vec<fang_core::NewTask>,
            ) -> Result<Vec<fang_core::store::Inserted>, fang_core::QueueError> {
                self.handle()?.insert_tasks(tasks)
            }

            fn schedule_task(
                &self,
                task: &dyn fang_core::Runnable,
            ) -> Result<fang_core::Task, fang_core::QueueError> {
                self.handle()?.schedule_task(task)
            }

            fn remove_all_tasks(&self) -> Result<u64, fang_core::QueueError> {
                self.handle()?.remove_all_tasks()
            }

            fn remove_all_scheduled_tasks(&self) -> Result<u64, fang_core::QueueError> {
                self.handle()?.remove_all_scheduled_tasks()
            }

            fn remove_task(&self, id: uuid::Uuid) -> Result<u64, fang_core::QueueError> {
                self.handle()?.remove_task(id)
            }

            fn remove_tasks_of_type(&self, task_type: &str) -> Result<u64, fang_core::QueueError> {
                self.handle()?.remove_tasks_of_type(task_type)
            }

            fn find_task_by_id(
                &self,
                id: uuid::Uuid,
            ) -> Result<Option<fang_core::Task>, fang_core::QueueError> {
                self.handle()?.find_task_by_id(id)
            }

            fn context(&self) -> &fang_core::Context {
                &self.context
            }
        }
    };
}

pub(crate) use queueable_by_handle;
