//! What every queue does, over any store.

use async_trait::async_trait;
use fang_core::context::Context;
use fang_core::intake::{Intake, MAX_INSERT_TRIES, batches};
use fang_core::new_task::{Due, Plan};
use fang_core::schedule::Cron;
use fang_core::store::{
    Count, CronRemoval, FailedTasks, Filter, Inserted, NonBlocking, RETRY_BITE, Removal, RetryFailed, Store,
};
use fang_core::{AsyncQueueable, AsyncRunnable, Mode, NewTask, Priority, QueueError, StoreError, Task};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// A queue over any store: how the authors of stores make theirs usable. Cheap to clone.
///
/// ```
/// use fang_asynk::Handle;
/// use fang_core::memory::MemoryStore;
/// use std::sync::Arc;
/// let store = MemoryStore::new(chrono::Utc::now);
/// let queue = Handle::new(Arc::new(store));
/// ```
#[derive(Clone)]
pub struct Handle {
    store: Arc<dyn Store>,
    intake: Intake,
    context: Context,
}

impl Handle {
    /// A queue that saves to `store`, which must not block the runtime's threads.
    ///
    /// One whose verbs block is refused by the compiler:
    ///
    /// ```compile_fail,E0277
    /// use fang_asynk::Handle;
    /// use fang_core::store::Store;
    /// use std::sync::Arc;
    /// fn over<S: Store>(may_block: Arc<S>) -> Handle {
    ///     Handle::new(may_block)
    /// }
    /// ```
    ///
    /// The same compiles once it is known to be [`NonBlocking`]:
    ///
    /// ```
    /// use fang_asynk::Handle;
    /// use fang_core::store::NonBlocking;
    /// use std::sync::Arc;
    /// fn over<S: NonBlocking>(never_blocks: Arc<S>) -> Handle {
    ///     Handle::new(never_blocks)
    /// }
    /// ```
    pub fn new(store: Arc<dyn NonBlocking>) -> Self {
        Self { store, intake: Intake::default(), context: Context::default() }
    }

    /// The same queue, with other rules for what it takes.
    pub fn intake(self, intake: Intake) -> Self {
        Self { intake, ..self }
    }

    /// The same queue, bound to one run.
    pub(crate) fn bound_to(&self, context: Context) -> Self {
        Self { context, ..self.clone() }
    }

    pub(crate) fn prepare(&self, task: NewTask) -> Result<NewTask, QueueError> {
        Ok(self.intake.prepare(task, Uuid::now_v7())?)
    }

    pub(crate) fn prepare_all(&self, tasks: Vec<NewTask>) -> Result<Vec<NewTask>, QueueError> {
        tasks.into_iter().map(|task| self.prepare(task)).collect()
    }

    /// See [`AsyncBackend::schedule_only`](crate::AsyncBackend::schedule_only).
    pub(crate) async fn schedule_only(&self, tasks: &[&dyn AsyncRunnable]) -> Result<u64, QueueError> {
        let mut names = Vec::with_capacity(tasks.len());
        for task in tasks {
            names.push(NewTask::asynk(*task)?.cron_name());
            self.schedule_task(*task).await?;
        }
        Ok(self.store.remove_crons(&CronRemoval::AllBut { mode: Mode::Asynk, names }).await?)
    }

    /// See [`AsyncBackend::run_cron`](crate::AsyncBackend::run_cron).
    pub(crate) async fn run_cron(&self, name: &str) -> Result<Option<Uuid>, QueueError> {
        let id = Uuid::now_v7();
        Ok(self.store.run_cron(name, id).await?.then_some(id))
    }

    async fn schedule_cron(&self, task: NewTask, cron: Cron) -> Result<Task, QueueError> {
        let now = self.store.now().await?;
        let cron = self.intake.prepare_cron(task, cron, now, Uuid::now_v7())?;
        let saved = self.store.sync_cron(&cron).await?;
        let pending = self.store.find(saved.task_id).await?;
        Ok(pending.unwrap_or_else(|| Task::ticked(cron, saved)))
    }
}

#[async_trait]
impl AsyncQueueable for Handle {
    async fn insert(&self, task: NewTask) -> Result<Task, QueueError> {
        let task = self.prepare(task)?;
        for _ in 0..MAX_INSERT_TRIES {
            let inserted = self.store.insert(std::slice::from_ref(&task)).await?;
            match inserted.first() {
                Some(inserted) if inserted.is_new => return Ok(Task::saved(task, *inserted)),
                Some(inserted) => {
                    if let Some(holder) = self.store.find(inserted.id).await? {
                        return Ok(holder);
                    }
                    if task.is_answered_by(*inserted) {
                        return Ok(Task::ended(task, *inserted));
                    }
                    // It ended just now: then there is room for this one.
                }
                None => {}
            }
        }
        Err(StoreError::unsettled().into())
    }

    async fn insert_tasks(&self, tasks: Vec<NewTask>) -> Result<Vec<Inserted>, QueueError> {
        let tasks = self.prepare_all(tasks)?;
        let mut all = Vec::with_capacity(tasks.len());
        for batch in batches(&tasks) {
            all.extend(self.store.insert(batch).await?);
        }
        Ok(all)
    }

    async fn schedule_task(&self, task: &dyn AsyncRunnable) -> Result<Task, QueueError> {
        match Plan::new(NewTask::asynk(task)?, task.cron())? {
            Plan::Once(task) => self.insert(task).await,
            Plan::Cron { task, cron } => self.schedule_cron(task, cron).await,
        }
    }

    async fn remove_all_tasks(&self) -> Result<u64, QueueError> {
        Ok(self.store.remove(&Removal::All).await?)
    }

    async fn remove_all_scheduled_tasks(&self) -> Result<u64, QueueError> {
        Ok(self.store.remove(&Removal::Scheduled).await?)
    }

    async fn remove_task(&self, id: Uuid) -> Result<u64, QueueError> {
        Ok(self.store.remove(&Removal::Id(id)).await?)
    }

    async fn remove_task_by_metadata(&self, task: &dyn AsyncRunnable) -> Result<u64, QueueError> {
        let mut removed = 0;
        for hash in NewTask::asynk(task)?.hashes() {
            removed += self.store.remove(&Removal::Unique(hash)).await?;
        }
        Ok(removed)
    }

    async fn remove_tasks_type(&self, task_type: &str) -> Result<u64, QueueError> {
        Ok(self.store.remove(&Removal::TaskType(task_type.to_owned())).await?)
    }

    async fn find_task_by_id(&self, id: Uuid) -> Result<Option<Task>, QueueError> {
        Ok(self.store.find(id).await?)
    }

    async fn cancel_task(&self, id: Uuid) -> Result<bool, QueueError> {
        Ok(self.store.cancel(id).await?)
    }

    async fn retry_task(&self, id: Uuid) -> Result<bool, QueueError> {
        Ok(self.store.retry(id).await?)
    }

    async fn retry_failed(&self, which: &FailedTasks) -> Result<u64, QueueError> {
        let (mut tasks, mut after) = (0, None);
        loop {
            let bite = RetryFailed { which, after, limit: RETRY_BITE };
            let retried = self.store.retry_failed(&bite).await?;
            tasks += retried.tasks;
            after = retried.next;
            if after.is_none() {
                return Ok(tasks);
            }
        }
    }

    async fn reschedule_task(&self, id: Uuid, due: Due) -> Result<bool, QueueError> {
        Ok(self.store.reschedule(id, due).await?)
    }

    async fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, QueueError> {
        Ok(self.store.set_priority(id, priority).await?)
    }

    async fn pause(&self, task_type: &str) -> Result<bool, QueueError> {
        Ok(self.store.pause(task_type).await?)
    }

    async fn resume(&self, task_type: &str) -> Result<bool, QueueError> {
        Ok(self.store.resume(task_type).await?)
    }

    async fn list_tasks(&self, filter: &Filter) -> Result<Vec<Task>, QueueError> {
        Ok(self.store.list(filter).await?)
    }

    async fn count_tasks(&self) -> Result<Vec<Count>, QueueError> {
        Ok(self.store.count().await?)
    }

    fn context(&self) -> &Context {
        &self.context
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("intake", &self.intake).finish_non_exhaustive()
    }
}
