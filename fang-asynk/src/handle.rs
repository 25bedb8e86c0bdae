//! What every queue does, over any store.

use async_trait::async_trait;
use fang_core::context::Context;
use fang_core::new_task::{DEFAULT_MAX_PAYLOAD_BYTES, Due, Plan};
use fang_core::schedule::CronPattern;
use fang_core::store::{AsyncStore, Inserted, NewCron, Removal};
use fang_core::task::read_metadata;
use fang_core::{AsyncQueueable, AsyncRunnable, NewTask, QueueError, Task, kind, unique};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// The tasks that one statement inserts at most ...
const MAX_INSERT: usize = 1000;
/// ... and the bytes of their payloads, so that memory stays bounded however many there are.
const MAX_INSERT_BYTES: usize = 8 * 1024 * 1024;

/// A queue over any store: how the authors of stores make theirs usable. Cheap to clone.
///
/// ```
/// use fang_asynk::Handle;
/// use fang_core::memory::MemoryStore;
/// use fang_core::store::InlineAdapter;
/// use std::sync::Arc;
/// let store = MemoryStore::new(chrono::Utc::now);
/// let queue = Handle::new(Arc::new(InlineAdapter(store)));
/// ```
#[derive(Clone)]
pub struct Handle {
    store: Arc<dyn AsyncStore>,
    duplicated_tasks: bool,
    max_payload_bytes: usize,
    context: Context,
}

impl Handle {
    /// A queue that saves to `store`.
    pub fn new(store: Arc<dyn AsyncStore>) -> Self {
        Self {
            store,
            duplicated_tasks: true,
            max_payload_bytes: DEFAULT_MAX_PAYLOAD_BYTES,
            context: Context::default(),
        }
    }

    /// With `false`, every task inserted is unique. Defaults to `true`.
    pub fn duplicated_tasks(mut self, duplicated_tasks: bool) -> Self {
        self.duplicated_tasks = duplicated_tasks;
        self
    }

    /// The largest payload, in bytes of JSON. Defaults to 1 MiB.
    pub fn max_payload_bytes(mut self, max_payload_bytes: usize) -> Self {
        self.max_payload_bytes = max_payload_bytes;
        self
    }

    /// The same queue, bound to one run.
    pub(crate) fn bound_to(&self, context: Context) -> Self {
        Self { context, ..self.clone() }
    }

    /// Makes a task ready to be saved, or says why it cannot be.
    pub(crate) fn prepare(&self, mut task: NewTask) -> Result<NewTask, QueueError> {
        task.check(self.max_payload_bytes)?;
        if task.id.is_nil() {
            task.id = Uuid::now_v7();
        }
        if !self.duplicated_tasks {
            task = task.unique()?;
        }
        Ok(task)
    }

    async fn schedule_cron(&self, mut task: NewTask, pattern: String) -> Result<Task, QueueError> {
        let first = CronPattern::parse(&pattern)?.next_after(self.store.now().await?)?;
        task = self.prepare(task)?;
        // Each tick is inserted while the one before may still run, so it is never unique itself.
        task.uniq_hash = None;
        task.due = Due::At(first);
        let cron = NewCron { name: cron_name(&task), pattern, task, first };
        let saved = self.store.sync_cron(&cron).await?;
        if let Some(pending) = self.store.find(saved.task_id).await? {
            return Ok(pending);
        }
        // Its last tick has run already, and its next is not inserted yet.
        let task = NewTask { id: saved.task_id, ..cron.task };
        let inserted = Inserted {
            id: task.id,
            is_new: true,
            created_at: saved.last_tick,
            scheduled_at: saved.last_tick,
        };
        Ok(Task::saved(task, inserted))
    }
}

#[async_trait]
impl AsyncQueueable for Handle {
    async fn insert(&self, task: NewTask) -> Result<Task, QueueError> {
        let task = self.prepare(task)?;
        loop {
            let inserted = self.store.insert(std::slice::from_ref(&task)).await?;
            let Some(inserted) = inserted.first().copied() else { continue };
            if inserted.is_new {
                return Ok(Task::saved(task, inserted));
            }
            // Else it was there, unless it ended just now: then there is room for this one.
            if let Some(holder) = self.store.find(inserted.id).await? {
                return Ok(holder);
            }
        }
    }

    async fn insert_tasks(&self, tasks: Vec<NewTask>) -> Result<Vec<Inserted>, QueueError> {
        let tasks = tasks.into_iter().map(|task| self.prepare(task)).collect::<Result<Vec<_>, _>>()?;
        let mut all = Vec::with_capacity(tasks.len());
        for batch in batches(&tasks) {
            all.extend(self.store.insert(batch).await?);
        }
        Ok(all)
    }

    async fn schedule_task(&self, task: &dyn AsyncRunnable) -> Result<Task, QueueError> {
        match Plan::new(NewTask::asynk(task)?, task.cron())? {
            Plan::Once(task) => self.insert(task).await,
            Plan::Cron { task, pattern } => self.schedule_cron(task, pattern).await,
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
        let hash = unique::hash(&serde_json::to_value(task)?);
        Ok(self.store.remove(&Removal::Unique(hash)).await?)
    }

    async fn remove_tasks_type(&self, task_type: &str) -> Result<u64, QueueError> {
        Ok(self.store.remove(&Removal::TaskType(task_type.to_owned())).await?)
    }

    async fn find_task_by_id(&self, id: Uuid) -> Result<Option<Task>, QueueError> {
        Ok(self.store.find(id).await?)
    }

    fn context(&self) -> &Context {
        &self.context
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("duplicated_tasks", &self.duplicated_tasks).finish_non_exhaustive()
    }
}

/// The tasks, cut into what one statement takes.
pub(crate) fn batches(mut rest: &[NewTask]) -> impl Iterator<Item = &[NewTask]> {
    std::iter::from_fn(move || {
        let (batch, after) = rest.split_at(batch_len(rest));
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}

/// How many of the next tasks go into one statement.
fn batch_len(tasks: &[NewTask]) -> usize {
    let mut bytes = 0;
    let fits = tasks.iter().take(MAX_INSERT).take_while(|task| {
        bytes += task.metadata.len();
        bytes <= MAX_INSERT_BYTES
    });
    fits.count().max(1).min(tasks.len())
}

/// The same kind and payload is the same cron.
fn cron_name(task: &NewTask) -> String {
    let kind = kind::name(&task.metadata).unwrap_or_default();
    format!("{kind}/{}", unique::hash(&read_metadata(&task.metadata)))
}
