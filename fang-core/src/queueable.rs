//! The queue as tasks and applications see it, in both modes.

use crate::context::Context;
use crate::error::QueueError;
use crate::insert::{AsyncInsert, Insert};
use crate::new_task::{Due, NewTask};
use crate::run::Run;
use crate::runnable::{AsyncRunnable, Runnable};
use crate::store::{Count, FailedTasks, Filter, Inserted};
use crate::task::{Priority, Task};
use async_trait::async_trait;
use uuid::Uuid;

/// An async queue: inserts, schedules, finds and removes tasks.
#[async_trait]
pub trait AsyncQueueable: Send + Sync {
    /// Saves a light task and returns its row. When a unique task has a duplicate, nothing is inserted, and
    /// the row of the duplicate is returned.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when the task cannot be saved as it is, [`QueueError::NotUnique`] when it has
    /// a duplicate and asks [for an error](crate::Unique::or_error) then, [`QueueError::Store`] when the
    /// store fails.
    async fn insert_task(&self, task: &dyn AsyncRunnable) -> Result<Task, QueueError> {
        self.insert(NewTask::asynk(task)?).await
    }

    /// Begins an insert of a light task, with options that its type does not set. See [`AsyncInsert`].
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

    /// Begins an insert of a heavy task, for the workers of the blocking mode. Used as
    /// [`light`](Self::light).
    fn heavy<'q>(&'q self, task: &dyn Runnable) -> AsyncInsert<'q> {
        AsyncInsert::new(NewTask::blocking(task), move |task| self.insert_tasks(vec![task]))
    }

    /// Saves one task of either mode, with the options set on it, and returns its row, or that of its duplicate.
    /// The row of the duplicate may be gone when the task is unique within a period. The row returned then has
    /// the id and the instants of the duplicate, the state `Finished`, and the payload of this insert.
    ///
    /// # Errors
    /// As [`insert_task`](Self::insert_task).
    async fn insert(&self, task: NewTask) -> Result<Task, QueueError>;

    /// Saves many tasks of either mode in as few statements as possible, in order. When a batch fails, the
    /// batches before it are saved.
    ///
    /// # Errors
    /// As [`insert_task`](Self::insert_task).
    async fn insert_tasks(&self, tasks: Vec<NewTask>) -> Result<Vec<Inserted>, QueueError>;

    /// Saves a light task by its [`cron`](AsyncRunnable::cron): once at an instant, or as a cron. For a cron,
    /// returns the task of its next tick. Scheduling the same cron again changes nothing, and does not end a
    /// pause. While a cron is paused, no task of it waits, and the row returned has the nil id.
    ///
    /// # Errors
    /// [`QueueError::Schedule`] when the task has no schedule, or one that cannot be followed. Otherwise as
    /// [`insert_task`](Self::insert_task).
    async fn schedule_task(&self, task: &dyn AsyncRunnable) -> Result<Task, QueueError> {
        self.schedule(NewTask::asynk(task)?).await
    }

    /// Saves a task of either mode by its [`cron`](NewTask::cron), as [`schedule_task`](Self::schedule_task) does.
    ///
    /// # Errors
    /// As [`schedule_task`](Self::schedule_task).
    async fn schedule(&self, task: NewTask) -> Result<Task, QueueError>;

    /// Removes all tasks, running ones too, and all crons. Returns the number of removed tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn remove_all_tasks(&self) -> Result<u64, QueueError>;

    /// Removes all tasks that wait for a future instant, and all crons. Returns the number of removed tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn remove_all_scheduled_tasks(&self) -> Result<u64, QueueError>;

    /// Removes the task with this id. Returns the number of removed tasks: 1, or 0 when there is no such
    /// task.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn remove_task(&self, id: Uuid) -> Result<u64, QueueError>;

    /// Removes the duplicates of `task` that wait or run: those with the same kind and payload, and the one
    /// that its own [`unique_by`](AsyncRunnable::unique_by) finds. Ends the period of the latter. Returns the
    /// number of removed tasks.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when `task` does not serialize, or lacks a field or key that it is unique by,
    /// [`QueueError::Store`] when the store fails.
    async fn remove_task_by_metadata(&self, task: &dyn AsyncRunnable) -> Result<u64, QueueError>;

    /// Removes the tasks and crons of this task type. Returns the number of removed tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn remove_tasks_type(&self, task_type: &str) -> Result<u64, QueueError>;

    /// Finds the task with this id. Returns `None` when there is no such task.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn find_task_by_id(&self, id: Uuid) -> Result<Option<Task>, QueueError>;

    /// Cancels a task. Returns whether the task waited or ran.
    ///
    /// A waiting task fails at once, with the error message `cancelled`. A running task is told through
    /// [`Context::is_cancelled`](crate::Context::is_cancelled), within about 100 ms, or with the next
    /// heartbeat of its pool where pools do not listen for notifications. When it goes on after the grace
    /// period of its pool, it is dropped at its next `.await`. It ends as failed, unless it succeeds first.
    /// It is not run again, even if its process dies.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn cancel_task(&self, id: Uuid) -> Result<bool, QueueError>;

    /// Runs a failed task again, with all its retries, or a waiting task now. Returns whether the task will
    /// run. A unique task stays failed while a duplicate of it is alive.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn retry_task(&self, id: Uuid) -> Result<bool, QueueError>;

    /// Runs failed tasks again, by kind or task type, in bounded batches, each task once. Returns the number
    /// of these tasks. When it fails, some of the tasks run again already. Calling it again is safe.
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

    /// Changes when a waiting task becomes due. Returns whether the task waited.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn reschedule_task(&self, id: Uuid, due: Due) -> Result<bool, QueueError>;

    /// Changes the priority of a waiting task. Returns whether the task waited.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, QueueError>;

    /// Pauses a task type: no process starts tasks of it until it is resumed. Running tasks go on. Returns
    /// `false` when it was paused already.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn pause(&self, task_type: &str) -> Result<bool, QueueError>;

    /// Resumes a task type: due tasks start at once. Returns whether it was paused.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn resume(&self, task_type: &str) -> Result<bool, QueueError>;

    /// Lists tasks, the newest first.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn list_tasks(&self, filter: &Filter) -> Result<Vec<Task>, QueueError>;

    /// Counts the tasks of each type in each state.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    async fn count_tasks(&self) -> Result<Vec<Count>, QueueError>;

    /// The context of this run of this task. Outside of a run, an empty context.
    fn context(&self) -> &Context;

    /// This run of this task, as a function of `#[fang::task]` takes it. Outside of a run, it inserts tasks all the same,
    /// which is for tests.
    fn as_run(&self) -> Run {
        Run::without_queue(self.context().clone())
    }
}

/// A blocking queue: inserts, schedules, finds and removes tasks.
pub trait Queueable: Send + Sync {
    /// Saves a heavy task and returns its row. When a unique task has a duplicate, nothing is inserted, and
    /// the row of the duplicate is returned.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when the task cannot be saved as it is, [`QueueError::NotUnique`] when it has
    /// a duplicate and asks [for an error](crate::Unique::or_error) then, [`QueueError::Store`] when the
    /// store fails.
    fn insert_task(&self, task: &dyn Runnable) -> Result<Task, QueueError> {
        self.insert(NewTask::blocking(task)?)
    }

    /// Begins an insert of a heavy task, with options that its type does not set. See [`Insert`].
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

    /// Begins an insert of a light task, for the workers of the async mode. Used as [`heavy`](Self::heavy).
    fn light<'q>(&'q self, task: &dyn AsyncRunnable) -> Insert<'q> {
        Insert::new(NewTask::asynk(task), move |task| self.insert_tasks(vec![task]))
    }

    /// Saves one task of either mode, with the options set on it, and returns its row, or that of its duplicate.
    /// The row of the duplicate may be gone when the task is unique within a period. The row returned then has
    /// the id and the instants of the duplicate, the state `Finished`, and the payload of this insert.
    ///
    /// # Errors
    /// As [`insert_task`](Self::insert_task).
    fn insert(&self, task: NewTask) -> Result<Task, QueueError>;

    /// Saves many tasks of either mode in as few statements as possible, in order. When a batch fails, the
    /// batches before it are saved.
    ///
    /// # Errors
    /// As [`insert_task`](Self::insert_task).
    fn insert_tasks(&self, tasks: Vec<NewTask>) -> Result<Vec<Inserted>, QueueError>;

    /// Saves a heavy task by its [`cron`](Runnable::cron): once at an instant, or as a cron. For a cron,
    /// returns the task of its next tick. Scheduling the same cron again changes nothing, and does not end a
    /// pause. While a cron is paused, no task of it waits, and the row returned has the nil id.
    ///
    /// # Errors
    /// [`QueueError::Schedule`] when the task has no schedule, or one that cannot be followed. Otherwise as
    /// [`insert_task`](Self::insert_task).
    fn schedule_task(&self, task: &dyn Runnable) -> Result<Task, QueueError> {
        self.schedule(NewTask::blocking(task)?)
    }

    /// Saves a task of either mode by its [`cron`](NewTask::cron), as [`schedule_task`](Self::schedule_task) does.
    ///
    /// # Errors
    /// As [`schedule_task`](Self::schedule_task).
    fn schedule(&self, task: NewTask) -> Result<Task, QueueError>;

    /// Removes all tasks, running ones too, and all crons. Returns the number of removed tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn remove_all_tasks(&self) -> Result<usize, QueueError>;

    /// Removes all tasks that wait for a future instant, and all crons. Returns the number of removed tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn remove_all_scheduled_tasks(&self) -> Result<usize, QueueError>;

    /// Removes the task with this id. Returns the number of removed tasks: 1, or 0 when there is no such
    /// task.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn remove_task(&self, id: Uuid) -> Result<usize, QueueError>;

    /// Removes the duplicates of `task` that wait or run: those with the same kind and payload, and the one
    /// that its own [`unique_by`](Runnable::unique_by) finds. Ends the period of the latter. Returns the
    /// number of removed tasks.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when `task` does not serialize, or lacks a field or key that it is unique by,
    /// [`QueueError::Store`] when the store fails.
    fn remove_task_by_metadata(&self, task: &dyn Runnable) -> Result<usize, QueueError>;

    /// Removes the tasks and crons of this task type. Returns the number of removed tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn remove_tasks_of_type(&self, task_type: &str) -> Result<usize, QueueError>;

    /// Finds the task with this id. Returns `None` when there is no such task.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn find_task_by_id(&self, id: Uuid) -> Result<Option<Task>, QueueError>;

    /// Cancels a task. Returns whether the task waited or ran.
    ///
    /// A waiting task fails at once, with the error message `cancelled`. A running task is told through
    /// [`Context::is_cancelled`](crate::Context::is_cancelled), within about 100 ms, or with the next
    /// heartbeat of its pool where pools do not listen for notifications. Its thread cannot be stopped. The
    /// task ends as failed, unless it succeeds first. It is not run again, even if its process dies.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn cancel_task(&self, id: Uuid) -> Result<bool, QueueError>;

    /// Runs a failed task again, with all its retries, or a waiting task now. Returns whether the task will
    /// run. A unique task stays failed while a duplicate of it is alive.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn retry_task(&self, id: Uuid) -> Result<bool, QueueError>;

    /// Runs failed tasks again, by kind or task type, in bounded batches, each task once. Returns the number
    /// of these tasks. When it fails, some of the tasks run again already. Calling it again is safe.
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

    /// Changes when a waiting task becomes due. Returns whether the task waited.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn reschedule_task(&self, id: Uuid, due: Due) -> Result<bool, QueueError>;

    /// Changes the priority of a waiting task. Returns whether the task waited.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, QueueError>;

    /// Pauses a task type: no process starts tasks of it until it is resumed. Running tasks go on. Returns
    /// `false` when it was paused already.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn pause(&self, task_type: &str) -> Result<bool, QueueError>;

    /// Resumes a task type: due tasks start at once. Returns whether it was paused.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn resume(&self, task_type: &str) -> Result<bool, QueueError>;

    /// Lists tasks, the newest first.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn list_tasks(&self, filter: &Filter) -> Result<Vec<Task>, QueueError>;

    /// Counts the tasks of each type in each state.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn count_tasks(&self) -> Result<Vec<Count>, QueueError>;

    /// The context of this run of this task. Outside of a run, an empty context.
    fn context(&self) -> &Context;

    /// This run of this task, as a function of `#[fang::task]` takes it. Outside of a run, it inserts tasks all the same,
    /// which is for tests.
    fn as_run(&self) -> Run {
        Run::without_queue(self.context().clone())
    }
}
