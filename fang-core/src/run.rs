//! One run of one task, as the argument of a task.

use crate::context::Context;
use crate::error::QueueError;
use crate::new_task::NewTask;
use crate::queueable::{AsyncQueueable, Queueable};
use crate::task::Task;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// One run of one task, as an argument of the task: `run: &Run`. Cheap to clone.
///
/// It has the methods of [`Context`], which describe and steer the run, and inserts further tasks. A task that needs
/// more of the queue takes it as an argument: `queue: &dyn AsyncQueueable` or `queue: &dyn Queueable`.
///
/// A test gets one from its queue: `queue.as_run()`.
#[derive(Clone, Default)]
pub struct Run {
    context: Context,
    queue: BoundQueue,
}

#[derive(Clone, Default)]
enum BoundQueue {
    #[default]
    None,
    Asynk(Arc<dyn AsyncQueueable>),
    Blocking(Arc<dyn Queueable>),
}

impl Run {
    /// A run that cannot insert tasks.
    pub(crate) fn without_queue(context: Context) -> Self {
        Self { context, queue: BoundQueue::None }
    }

    /// The run that this queue is bound to. For the queues.
    #[doc(hidden)]
    pub fn asynk(queue: impl AsyncQueueable + 'static) -> Self {
        Self { context: queue.context().clone(), queue: BoundQueue::Asynk(Arc::new(queue)) }
    }

    /// The run that this queue is bound to. For the queues.
    #[doc(hidden)]
    pub fn blocking(queue: impl Queueable + 'static) -> Self {
        Self { context: queue.context().clone(), queue: BoundQueue::Blocking(Arc::new(queue)) }
    }

    /// Saves one task of either mode, with the options set on it, and returns its row, or that of its duplicate. For
    /// async tasks.
    ///
    /// # Errors
    /// As [`AsyncQueueable::insert`]. [`QueueError::NoQueue`] for a `Run::default()`.
    pub async fn insert(&self, task: NewTask) -> Result<Task, QueueError> {
        match &self.queue {
            BoundQueue::Asynk(queue) => queue.insert(task).await,
            BoundQueue::Blocking(queue) => queue.insert(task),
            BoundQueue::None => Err(QueueError::NoQueue),
        }
    }

    /// Saves one task of either mode, with the options set on it, and returns its row, or that of its duplicate. For
    /// blocking tasks.
    ///
    /// # Errors
    /// As [`Queueable::insert`]. [`QueueError::NoQueue`] for a `Run::default()`, and [`QueueError::MustAwait`] in an
    /// async task.
    pub fn blocking_insert(&self, task: NewTask) -> Result<Task, QueueError> {
        match &self.queue {
            BoundQueue::Asynk(_) => Err(QueueError::MustAwait),
            BoundQueue::Blocking(queue) => queue.insert(task),
            BoundQueue::None => Err(QueueError::NoQueue),
        }
    }
}

impl Deref for Run {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Run").field(&self.context).finish()
    }
}
