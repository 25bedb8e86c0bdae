//! Code of the application at every insert of a queue.

use crate::events::{Event, Subscribers, TaskInfo, sent};
use fang_core::store::Inserted;
use fang_core::{FangError, NewTask, QueueError};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

type Change = Arc<dyn Fn(NewTask) -> Result<NewTask, FangError> + Send + Sync>;

/// How many new tasks a queue and its clones have inserted. Pools of the queue read it.
#[derive(Clone, Debug, Default)]
pub struct InsertTotal(Arc<AtomicU64>);

impl InsertTotal {
    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Code of the application at every insert of a queue. Cheap to clone.
#[derive(Clone, Default)]
pub struct InsertHooks {
    changes: Vec<Change>,
    subscribers: Subscribers,
    total: InsertTotal,
}

impl InsertHooks {
    /// Adds code that may change or refuse a task before it is inserted.
    pub fn before_insert(
        &mut self,
        change: impl Fn(NewTask) -> Result<NewTask, FangError> + Send + Sync + 'static,
    ) {
        self.changes.push(Arc::new(change));
    }

    /// Adds a listener.
    pub fn on_event(&mut self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.subscribers.add(listener);
    }

    /// The task as it is to be inserted.
    ///
    /// # Errors
    /// [`QueueError::Refused`] when the application refuses it.
    pub(crate) fn apply(&self, task: NewTask) -> Result<NewTask, QueueError> {
        self.changes.iter().try_fold(task, |task, change| change(task)).map_err(QueueError::Refused)
    }

    /// Tells listeners something that is not an insert.
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        self.subscribers.tell(event);
    }

    pub(crate) fn has_listeners(&self) -> bool {
        !self.subscribers.is_empty()
    }

    /// How many tasks were new.
    pub(crate) fn total(&self) -> InsertTotal {
        self.total.clone()
    }

    /// Counts the tasks that are new, and tells listeners.
    pub(crate) fn inserted(&self, tasks: &[NewTask], inserted: &[Inserted]) {
        let new = || tasks.iter().zip(inserted).filter(|(_, inserted)| inserted.is_new).map(|(task, _)| task);
        self.total.0.fetch_add(new().count() as u64, Ordering::Relaxed);
        sent(new());
        if self.subscribers.is_empty() {
            return;
        }
        for task in new() {
            self.subscribers.tell(|| Event::Inserted { task: Arc::new(TaskInfo::inserted(task)) });
        }
    }
}

impl fmt::Debug for InsertHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertHooks")
            .field("changes", &self.changes.len())
            .field("subscribers", &self.subscribers)
            .finish()
    }
}
