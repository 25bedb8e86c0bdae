//! Code of the application at every insert of a queue.

use crate::events::{Event, Subscribers, TaskInfo, sent};
use fang_core::store::Inserted;
use fang_core::{FangError, NewTask, QueueError};
use std::fmt;
use std::sync::Arc;

type Change = Arc<dyn Fn(NewTask) -> Result<NewTask, FangError> + Send + Sync>;

/// Code of the application at every insert of a queue. Cheap to clone.
#[derive(Clone, Default)]
pub struct InsertHooks {
    changes: Vec<Change>,
    subscribers: Subscribers,
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

    /// Tells listeners which tasks are new.
    pub(crate) fn inserted(&self, tasks: &[NewTask], inserted: &[Inserted]) {
        let new = || tasks.iter().zip(inserted).filter(|(_, inserted)| inserted.is_new).map(|(task, _)| task);
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
