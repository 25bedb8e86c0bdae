//! What every queue does, over any store.

use crate::block_on::block_on;
use fang_core::context::Context;
use fang_core::intake::{Intake, MAX_INSERT_TRIES, batches};
use fang_core::new_task::{Due, Plan};
use fang_core::schedule::Cron;
use fang_core::store::{
    Count, CronRemoval, FailedTasks, Filter, Inserted, RETRY_BITE, Removal, RetryFailed, Store,
};
use fang_core::{Mode, NewTask, Priority, QueueError, Queueable, Runnable, StoreError, Task};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// A queue over any store: how the authors of stores make theirs usable. Cheap to clone.
///
/// ```
/// use fang_blocking::Handle;
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
    /// A queue that saves to `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
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

    /// See [`Backend::schedule_only`](crate::Backend::schedule_only).
    pub(crate) fn schedule_only(&self, tasks: &[&dyn Runnable]) -> Result<u64, QueueError> {
        let mut names = Vec::with_capacity(tasks.len());
        for task in tasks {
            names.push(NewTask::blocking(*task)?.cron_name());
            self.schedule_task(*task)?;
        }
        Ok(block_on(self.store.remove_crons(&CronRemoval::AllBut { mode: Mode::Blocking, names }))?)
    }

    /// See [`Backend::run_cron`](crate::Backend::run_cron).
    pub(crate) fn run_cron(&self, name: &str) -> Result<Option<Uuid>, QueueError> {
        let id = Uuid::now_v7();
        Ok(block_on(self.store.run_cron(name, id))?.then_some(id))
    }

    fn schedule_cron(&self, task: NewTask, cron: Cron) -> Result<Task, QueueError> {
        let now = block_on(self.store.now())?;
        let cron = self.intake.prepare_cron(task, cron, now, Uuid::now_v7())?;
        let saved = block_on(self.store.sync_cron(&cron))?;
        let pending = block_on(self.store.find(saved.task_id))?;
        Ok(pending.unwrap_or_else(|| Task::ticked(cron, saved)))
    }
}

impl Queueable for Handle {
    fn insert(&self, task: NewTask) -> Result<Task, QueueError> {
        let task = self.prepare(task)?;
        for _ in 0..MAX_INSERT_TRIES {
            let inserted = block_on(self.store.insert(std::slice::from_ref(&task)))?;
            match inserted.first() {
                Some(inserted) if inserted.is_new => return Ok(Task::saved(task, *inserted)),
                Some(inserted) => {
                    if let Some(holder) = block_on(self.store.find(inserted.id))? {
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

    fn insert_tasks(&self, tasks: Vec<NewTask>) -> Result<Vec<Inserted>, QueueError> {
        let tasks = self.prepare_all(tasks)?;
        let mut all = Vec::with_capacity(tasks.len());
        for batch in batches(&tasks) {
            all.extend(block_on(self.store.insert(batch))?);
        }
        Ok(all)
    }

    fn schedule_task(&self, task: &dyn Runnable) -> Result<Task, QueueError> {
        match Plan::new(NewTask::blocking(task)?, task.cron())? {
            Plan::Once(task) => self.insert(task),
            Plan::Cron { task, cron } => self.schedule_cron(task, cron),
        }
    }

    fn remove_all_tasks(&self) -> Result<u64, QueueError> {
        Ok(block_on(self.store.remove(&Removal::All))?)
    }

    fn remove_all_scheduled_tasks(&self) -> Result<u64, QueueError> {
        Ok(block_on(self.store.remove(&Removal::Scheduled))?)
    }

    fn remove_task(&self, id: Uuid) -> Result<u64, QueueError> {
        Ok(block_on(self.store.remove(&Removal::Id(id)))?)
    }

    fn remove_task_by_metadata(&self, task: &dyn Runnable) -> Result<u64, QueueError> {
        let mut removed = 0;
        for hash in NewTask::blocking(task)?.hashes() {
            removed += block_on(self.store.remove(&Removal::Unique(hash)))?;
        }
        Ok(removed)
    }

    fn remove_tasks_of_type(&self, task_type: &str) -> Result<u64, QueueError> {
        Ok(block_on(self.store.remove(&Removal::TaskType(task_type.to_owned())))?)
    }

    fn find_task_by_id(&self, id: Uuid) -> Result<Option<Task>, QueueError> {
        Ok(block_on(self.store.find(id))?)
    }

    fn cancel_task(&self, id: Uuid) -> Result<bool, QueueError> {
        Ok(block_on(self.store.cancel(id))?)
    }

    fn retry_task(&self, id: Uuid) -> Result<bool, QueueError> {
        Ok(block_on(self.store.retry(id))?)
    }

    fn retry_failed(&self, which: &FailedTasks) -> Result<u64, QueueError> {
        let (mut tasks, mut after) = (0, None);
        loop {
            let bite = RetryFailed { which, after, limit: RETRY_BITE };
            let retried = block_on(self.store.retry_failed(&bite))?;
            tasks += retried.tasks;
            after = retried.next;
            if after.is_none() {
                return Ok(tasks);
            }
        }
    }

    fn reschedule_task(&self, id: Uuid, due: Due) -> Result<bool, QueueError> {
        Ok(block_on(self.store.reschedule(id, due))?)
    }

    fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, QueueError> {
        Ok(block_on(self.store.set_priority(id, priority))?)
    }

    fn pause(&self, task_type: &str) -> Result<bool, QueueError> {
        Ok(block_on(self.store.pause(task_type))?)
    }

    fn resume(&self, task_type: &str) -> Result<bool, QueueError> {
        Ok(block_on(self.store.resume(task_type))?)
    }

    fn list_tasks(&self, filter: &Filter) -> Result<Vec<Task>, QueueError> {
        Ok(block_on(self.store.list(filter))?)
    }

    fn count_tasks(&self) -> Result<Vec<Count>, QueueError> {
        Ok(block_on(self.store.count())?)
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
