//! What a task may ask of its queue, in both colours.

use crate::context::Context;
use crate::error::QueueError;
use crate::insert::{AsyncInsert, Insert};
use crate::new_task::{Due, NewTask};
use crate::runnable::{AsyncRunnable, Runnable};
use crate::store::{Count, FailedTasks, Filter, Inserted};
use crate::task::{Priority, Task};
use async_trait::async_trait;
use uuid::Uuid;

/// An async queue: the handle through which tasks are inserted, scheduled, found and removed.
#[async_trait]
pub trait AsyncQueueable: Send + Sync {
    /// Saves a light task and returns its row. Of a unique task that is there already, the row is
    /// returned as it is then.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when it cannot be saved as it is, [`QueueError::NotUnique`] when one like it
    /// is there and it [must not be](crate::Unique::or_error), [`QueueError::Store`] when the store fails.
    async fn insert_task(&self, task: &dyn AsyncRunnable) -> Result<Task, QueueError> {
        self.insert(NewTask::asynk(task)?).await
    }

    /// Begins an insert of a light task, to say more than its type does; see [`AsyncInsert`].
    ///
    /// ```
    /// # use fang_core::{AsyncQueueable, AsyncRunnable, FangError, async_trait, typetag};
    /// # use serde::{Deserialize, Serialize};
    /// use fang_core::{Priority, Replace, Unique};
    /// use std::time::Duration;
    ///
    /// # #[derive(Serialize, Deserialize)] struct Greet;
    /// # #[async_trait]
    /// # #[typetag::serde]
    /// # impl AsyncRunnable for Greet {
    /// async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
    ///     let unique = Unique::key("ada").replace(Replace::TIME);
    ///     let inserted = queue
    ///         .light(&Greet)
    ///         .priority(Priority::High)
    ///         .delay(Duration::from_secs(60))
    ///         .unique_by(unique)
    ///         .tag("ada")
    ///         .insert()
    ///         .await?;
    ///     println!("{} {:?}", inserted.id, inserted.outcome);
    ///     Ok(())
    /// }
    /// # }
    /// ```
    fn light<'q>(&'q self, task: &dyn AsyncRunnable) -> AsyncInsert<'q> {
        AsyncInsert::new(NewTask::asynk(task), move |task| self.insert_tasks(vec![task]))
    }

    /// Begins an insert of a heavy task, for the workers of the blocking mode; as [`light`](Self::light).
    fn heavy<'q>(&'q self, task: &dyn Runnable) -> AsyncInsert<'q> {
        AsyncInsert::new(NewTask::blocking(task), move |task| self.insert_tasks(vec![task]))
    }

    /// Saves one task of either mode, with the options set on it, and returns its row. When it is unique
    /// within a period and the one that is there has ended and its row is gone, the row returned has the
    /// id and the instants of that one, the state `Finished`, and the payload of this insert.
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

    /// Removes the unique tasks that are alive with the kind and payload of `task`, and the one that keeps
    /// `task` from being inserted by its own [`unique_by`](AsyncRunnable::unique_by), of which it ends the
    /// period as well; returns how many tasks.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when `task` does not serialize or is not unique as it says, [`QueueError::Store`]
    /// when the store fails.
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

    /// Cancels a task: one that waits has failed at once, with the reason `cancelled`. One that runs is told
    /// ([`Context::is_cancelled`](crate::Context::is_cancelled)) within some 100 ms, or with the next heartbeat of its pool where
    /// pools do not listen; it is dropped where it waits after a grace, which its pool says. It ends as failed unless it has succeeded before, and
    /// is not run again, even if its process dies. Returns whether there was a task that waited or ran.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn cancel_task(&self, id: Uuid) -> Result<bool, QueueError>;

    /// Runs a failed task again, with all its retries, or a waiting one now. Returns whether there was one: a
    /// unique task stays failed while another like it is alive.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn retry_task(&self, id: Uuid) -> Result<bool, QueueError>;

    /// Does so with all failed tasks of a kind or of a task type, in bounded batches, each task once. Returns
    /// how many. When it fails, some of them run again already, and calling it again is safe.
    ///
    /// ```
    /// # use fang_core::{AsyncQueueable, QueueError};
    /// use fang_core::store::FailedTasks;
    /// # async fn example(queue: &dyn AsyncQueueable) -> Result<(), QueueError> {
    /// let again = queue.retry_failed(&FailedTasks::of_kind("Greet")).await?;
    /// # println!("{again}"); Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn retry_failed(&self, which: &FailedTasks) -> Result<u64, QueueError>;

    /// Lets a waiting task become due at another time. Returns whether there was one.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn reschedule_task(&self, id: Uuid, due: Due) -> Result<bool, QueueError>;

    /// Gives a waiting task another priority. Returns whether there was one.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, QueueError>;

    /// Gives out no more tasks of this type, in any process, until it is resumed; what runs goes on. Returns
    /// whether that is new.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn pause(&self, task_type: &str) -> Result<bool, QueueError>;

    /// Ends a pause; what is due starts at once. Returns whether there was one.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn resume(&self, task_type: &str) -> Result<bool, QueueError>;

    /// Tasks, the newest first.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn list_tasks(&self, filter: &Filter) -> Result<Vec<Task>, QueueError>;

    /// How many tasks of each type are in each state.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn count_tasks(&self) -> Result<Vec<Count>, QueueError>;

    /// This run of this task. Outside of a run, an empty context.
    fn context(&self) -> &Context;
}

/// A blocking queue: the handle through which tasks are inserted, scheduled, found and removed.
pub trait Queueable: Send + Sync {
    /// Saves a heavy task and returns its row. Of a unique task that is there already, the row is
    /// returned as it is then.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when it cannot be saved as it is, [`QueueError::NotUnique`] when one like it
    /// is there and it [must not be](crate::Unique::or_error), [`QueueError::Store`] when the store fails.
    fn insert_task(&self, task: &dyn Runnable) -> Result<Task, QueueError> {
        self.insert(NewTask::blocking(task)?)
    }

    /// Begins an insert of a heavy task, to say more than its type does; see [`Insert`].
    ///
    /// ```
    /// # use fang_core::{FangError, Queueable, Runnable, typetag};
    /// # use serde::{Deserialize, Serialize};
    /// use fang_core::{Priority, Replace, Unique};
    /// use std::time::Duration;
    ///
    /// # #[derive(Serialize, Deserialize)] struct Resize;
    /// # #[typetag::serde]
    /// # impl Runnable for Resize {
    /// fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
    ///     let unique = Unique::key("cat.png").replace(Replace::TIME);
    ///     let inserted = queue
    ///         .heavy(&Resize)
    ///         .priority(Priority::High)
    ///         .delay(Duration::from_secs(60))
    ///         .unique_by(unique)
    ///         .tag("cat")
    ///         .insert()?;
    ///     println!("{} {:?}", inserted.id, inserted.outcome);
    ///     Ok(())
    /// }
    /// # }
    /// ```
    fn heavy<'q>(&'q self, task: &dyn Runnable) -> Insert<'q> {
        Insert::new(NewTask::blocking(task), move |task| self.insert_tasks(vec![task]))
    }

    /// Begins an insert of a light task, for the workers of the async mode; as [`heavy`](Self::heavy).
    fn light<'q>(&'q self, task: &dyn AsyncRunnable) -> Insert<'q> {
        Insert::new(NewTask::asynk(task), move |task| self.insert_tasks(vec![task]))
    }

    /// Saves one task of either mode, with the options set on it, and returns its row. When it is unique
    /// within a period and the one that is there has ended and its row is gone, the row returned has the
    /// id and the instants of that one, the state `Finished`, and the payload of this insert.
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

    /// Removes the unique tasks that are alive with the kind and payload of `task`, and the one that keeps
    /// `task` from being inserted by its own [`unique_by`](Runnable::unique_by), of which it ends the period
    /// as well; returns how many tasks.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when `task` does not serialize or is not unique as it says, [`QueueError::Store`]
    /// when the store fails.
    fn remove_task_by_metadata(&self, task: &dyn Runnable) -> Result<u64, QueueError>;

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

    /// Cancels a task: one that waits has failed at once, with the reason `cancelled`. One that runs is told
    /// ([`Context::is_cancelled`](crate::Context::is_cancelled)) within some 100 ms, or with the next heartbeat of its pool where
    /// pools do not listen; a thread cannot be stopped. It ends as failed unless it has succeeded before, and
    /// is not run again, even if its process dies. Returns whether there was a task that waited or ran.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn cancel_task(&self, id: Uuid) -> Result<bool, QueueError>;

    /// Runs a failed task again, with all its retries, or a waiting one now. Returns whether there was one: a
    /// unique task stays failed while another like it is alive.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn retry_task(&self, id: Uuid) -> Result<bool, QueueError>;

    /// Does so with all failed tasks of a kind or of a task type, in bounded batches, each task once. Returns
    /// how many. When it fails, some of them run again already, and calling it again is safe.
    ///
    /// ```
    /// # use fang_core::{Queueable, QueueError};
    /// use fang_core::store::FailedTasks;
    /// # fn example(queue: &dyn Queueable) -> Result<(), QueueError> {
    /// let again = queue.retry_failed(&FailedTasks::of_kind("Greet"))?;
    /// # println!("{again}"); Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn retry_failed(&self, which: &FailedTasks) -> Result<u64, QueueError>;

    /// Lets a waiting task become due at another time. Returns whether there was one.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn reschedule_task(&self, id: Uuid, due: Due) -> Result<bool, QueueError>;

    /// Gives a waiting task another priority. Returns whether there was one.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, QueueError>;

    /// Gives out no more tasks of this type, in any process, until it is resumed; what runs goes on. Returns
    /// whether that is new.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn pause(&self, task_type: &str) -> Result<bool, QueueError>;

    /// Ends a pause; what is due starts at once. Returns whether there was one.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn resume(&self, task_type: &str) -> Result<bool, QueueError>;

    /// Tasks, the newest first.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn list_tasks(&self, filter: &Filter) -> Result<Vec<Task>, QueueError>;

    /// How many tasks of each type are in each state.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn count_tasks(&self) -> Result<Vec<Count>, QueueError>;

    /// This run of this task. Outside of a run, an empty context.
    fn context(&self) -> &Context;
}
