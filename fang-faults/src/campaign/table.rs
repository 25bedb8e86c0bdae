//! The one difference between the modes: how the test waits, and how it asks the queue.

use super::breaker::Tick;
use async_channel::Receiver;
use fang_core::{AsyncQueueable, QueueError, Queueable, Task};
use uuid::Uuid;

/// A queue of either mode.
pub(super) trait Table {
    /// Waits for the next tick. `None` if there will be none.
    async fn next(&self, ticks: &Receiver<Tick>) -> Option<Tick>;

    /// Finds a task.
    async fn find(&self, id: Uuid) -> Result<Option<Task>, QueueError>;
}

/// Its futures block, and are ready at their first poll.
pub(super) struct Blocking<'q>(pub(super) &'q dyn Queueable);

pub(super) struct Asynk<'q>(pub(super) &'q dyn AsyncQueueable);

impl Table for Blocking<'_> {
    async fn next(&self, ticks: &Receiver<Tick>) -> Option<Tick> {
        ticks.recv_blocking().ok()
    }

    async fn find(&self, id: Uuid) -> Result<Option<Task>, QueueError> {
        self.0.find_task_by_id(id)
    }
}

impl Table for Asynk<'_> {
    async fn next(&self, ticks: &Receiver<Tick>) -> Option<Tick> {
        ticks.recv().await.ok()
    }

    async fn find(&self, id: Uuid) -> Result<Option<Task>, QueueError> {
        self.0.find_task_by_id(id).await
    }
}
