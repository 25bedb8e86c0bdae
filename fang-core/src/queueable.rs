//! What a task may ask of its queue, in both colours.

use crate::context::Context;
use crate::error::QueueError;
use crate::new_task::NewTask;
use crate::runnable::{AsyncRunnable, Runnable};
use crate::store::Inserted;
use crate::task::Task;
use async_trait::async_trait;
use uuid::Uuid;

/// An async queue: the handle through which tasks are inserted, scheduled, found and removed.
#[async_trait]
pub trait AsyncQueueable: Send + Sync {
    /// Saves a light task and returns its row. A unique task that is alive already is returned
    /// as it is.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when it cannot be saved as it is, [`QueueError::Store`] when the
    /// store fails.
    async fn insert_task(&self, task: &dyn AsyncRunnable) -> Result<Task, QueueError> {
        self.insert(NewTask::asynk(task)?).await
    }

    /// Saves one task of either mode, with the options set on it, and returns its row.
    ///
    /// # Errors
    /// As [`insert_task`](Self::insert_task).
    async fn insert(&self, task: NewTask) -> Result<Task, QueueError>;

    /// Saves many tasks of either mode in as few statements as possible, in order. When it fails,
    /// those before the failing batch are saved.
    ///
    /// # Errors
    /// As [`insert_task`](Self::insert_task).
    async fn insert_tasks(&self, tasks: Vec<NewTask>) -> Result<Vec<Inserted>, QueueError>;

    /// Saves a light task by its [`cron`](AsyncRunnable::cron): once at an instant, or as a cron,
    /// of which the next tick is returned. Scheduling a cron that exists changes nothing; nor does it
    /// end a pause, in which no task waits, so that the one returned has the nil id.
    ///
    /// # Errors
    /// [`QueueError::Schedule`] when it has no schedule or one that cannot be followed, else as
    /// [`insert_task`](Self::insert_task).
    async fn schedule_task(&self, task: &dyn AsyncRunnable) -> Result<Task, QueueError>;

    /// Removes all tasks and crons, running tasks among them; returns how many tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn remove_all_tasks(&self) -> Result<u64, QueueError>;

    /// Removes all tasks that wait for a future instant, and all crons; returns how many tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn remove_all_scheduled_tasks(&self) -> Result<u64, QueueError>;

    /// Removes the task with this id; returns how many that were.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn remove_task(&self, id: Uuid) -> Result<u64, QueueError>;

    /// Removes the unique tasks that are alive with the kind and payload of `task`; returns how many.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when `task` does not serialize, [`QueueError::Store`] when the
    /// store fails.
    async fn remove_task_by_metadata(&self, task: &dyn AsyncRunnable) -> Result<u64, QueueError>;

    /// Removes the tasks and crons of this task type; returns how many tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn remove_tasks_type(&self, task_type: &str) -> Result<u64, QueueError>;

    /// The task with this id, or `None`.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails, which is not "not found".
    async fn find_task_by_id(&self, id: Uuid) -> Result<Option<Task>, QueueError>;

    /// This run of this task. Outside of a run, an empty context.
    fn context(&self) -> &Context;
}

/// A blocking queue: the handle through which tasks are inserted, scheduled, found and removed.
pub trait Queueable: Send + Sync {
    /// Saves a heavy task and returns its row. A unique task that is alive already is returned
    /// as it is.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when it cannot be saved as it is, [`QueueError::Store`] when the
    /// store fails.
    fn insert_task(&self, task: &dyn Runnable) -> Result<Task, QueueError> {
        self.insert(NewTask::blocking(task)?)
    }

    /// Saves one task of either mode, with the options set on it, and returns its row.
    ///
    /// # Errors
    /// As [`insert_task`](Self::insert_task).
    fn insert(&self, task: NewTask) -> Result<Task, QueueError>;

    /// Saves many tasks of either mode in as few statements as possible, in order. When it fails,
    /// those before the failing batch are saved.
    ///
    /// # Errors
    /// As [`insert_task`](Self::insert_task).
    fn insert_tasks(&self, tasks: Vec<NewTask>) -> Result<Vec<Inserted>, QueueError>;

    /// Saves a heavy task by its [`cron`](Runnable::cron): once at an instant, or as a cron, of
    /// which the next tick is returned. Scheduling a cron that exists changes nothing; nor does it end
    /// a pause, in which no task waits, so that the one returned has the nil id.
    ///
    /// # Errors
    /// [`QueueError::Schedule`] when it has no schedule or one that cannot be followed, else as
    /// [`insert_task`](Self::insert_task).
    fn schedule_task(&self, task: &dyn Runnable) -> Result<Task, QueueError>;

    /// Removes all tasks and crons, running tasks among them; returns how many tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn remove_all_tasks(&self) -> Result<u64, QueueError>;

    /// Removes all tasks that wait for a future instant, and all crons; returns how many tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn remove_all_scheduled_tasks(&self) -> Result<u64, QueueError>;

    /// Removes the task with this id; returns how many that were.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn remove_task(&self, id: Uuid) -> Result<u64, QueueError>;

    /// Removes the tasks and crons of this task type; returns how many tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn remove_tasks_of_type(&self, task_type: &str) -> Result<u64, QueueError>;

    /// The task with this id, or `None`.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails, which is not "not found".
    fn find_task_by_id(&self, id: Uuid) -> Result<Option<Task>, QueueError>;

    /// This run of this task. Outside of a run, an empty context.
    fn context(&self) -> &Context;
}
