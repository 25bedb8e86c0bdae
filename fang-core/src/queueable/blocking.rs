//! The queue of the blocking mode.

use crate::context::Context;
use crate::error::QueueError;
use crate::insert::Insert;
use crate::new_task::{Due, NewTask};
use crate::run::Run;
use crate::runnable::{AsyncRunnable, Runnable};
use crate::store::{Count, Depth, FailedTasks, Filter, Inserted};
use crate::task::{Priority, Task};
use uuid::Uuid;

/// The calls of a queue in the blocking mode: insert, schedule, find, control and remove tasks. Programs call
/// them on a `Queue` or a `blocking::MemoryQueue`, and a running task calls them on the queue that `run`
/// gets. Import the trait to call them. Only `insert` is also a method of the queues, which needs no import.
///
/// All calls but the inserts and `schedule_task` concern the tasks of both modes and of every program that
/// uses the same store.
pub trait Queueable: Send + Sync {
    /// Saves a heavy task, one for the blocking mode, and returns its row. If the task is unique and has a
    /// duplicate, nothing is inserted, and the row of the duplicate is returned.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when the task cannot be saved as it is: [`PayloadError`](crate::PayloadError)
    /// lists the reasons. [`QueueError::NotUnique`] when it has a duplicate and is unique with
    /// [`or_error`](crate::Unique::or_error). [`QueueError::Store`] when the store fails.
    fn insert_task(&self, task: &dyn Runnable) -> Result<Task, QueueError> {
        self.insert(NewTask::blocking(task)?)
    }

    /// Begins an insert of a heavy task with options of its own, such as a delay or a priority. Nothing is
    /// saved before [`insert`](Insert::insert) is called.
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

    /// Begins an insert of a light task, one for the async mode. Its options are those of
    /// [`heavy`](Self::heavy).
    fn light<'q>(&'q self, task: &dyn AsyncRunnable) -> Insert<'q> {
        Insert::new(NewTask::asynk(task), move |task| self.insert_tasks(vec![task]))
    }

    /// Saves one task of either mode, with the options set on it. Returns its row, or that of its duplicate.
    ///
    /// A task that is [unique within a period](crate::Unique::within) may have a duplicate whose row is gone.
    /// The returned row then has the id and the instants of the duplicate, the state `Finished`, and the
    /// payload of this insert.
    ///
    /// # Errors
    /// As [`insert_task`](Self::insert_task).
    fn insert(&self, task: NewTask) -> Result<Task, QueueError>;

    /// Saves many tasks of either mode with few statements. Returns an answer for each task, in the same
    /// order.
    ///
    /// The tasks are saved in batches of up to 10,000 (1,000 if one of them is unique) and 8 MiB of payload.
    /// If a batch fails, the batches before it stay saved.
    ///
    /// # Errors
    /// As [`insert_task`](Self::insert_task).
    fn insert_tasks(&self, tasks: Vec<NewTask>) -> Result<Vec<Inserted>, QueueError>;

    /// Schedules a heavy task as its [`cron`](Runnable::cron) says: once at an instant, or as a cron.
    ///
    /// - Once: inserts the task, due at that instant, and returns its row. Each call inserts another task,
    ///   unless the task is unique.
    /// - As a cron: saves the cron and returns the task of its next tick. Tasks of the same kind and payload
    ///   are the same cron. Scheduling it again changes nothing, except that a changed schedule or task type
    ///   replaces the old one. A paused cron stays paused: it has no waiting task, and the returned row has
    ///   the nil id.
    ///
    /// The tasks of a cron are not unique: the task of a tick is inserted even while the task of the tick
    /// before still runs.
    ///
    /// # Errors
    /// [`QueueError::Schedule`] when the task has no schedule, or one that cannot be followed. The other
    /// errors are those of [`insert_task`](Self::insert_task).
    fn schedule_task(&self, task: &dyn Runnable) -> Result<Task, QueueError> {
        self.schedule(NewTask::blocking(task)?)
    }

    /// Saves a task of either mode by its [`cron`](NewTask::cron), as [`schedule_task`](Self::schedule_task) does.
    ///
    /// # Errors
    /// As [`schedule_task`](Self::schedule_task).
    fn schedule(&self, task: NewTask) -> Result<Task, QueueError>;

    /// Removes all tasks and all crons, and ends all [periods](crate::Unique::within) of unique tasks. Tasks
    /// that run go on, but their results are dropped. Returns the number of removed tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn remove_all_tasks(&self) -> Result<usize, QueueError>;

    /// Removes all crons, and all tasks that wait for a future instant: delayed, scheduled, or waiting for
    /// their next run after a failure. Returns the number of removed tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn remove_all_scheduled_tasks(&self) -> Result<usize, QueueError>;

    /// Removes the task with this id. If it runs, it goes on, but its result is dropped. Returns the number
    /// of removed tasks: 1, or 0 if there is no such task.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn remove_task(&self, id: Uuid) -> Result<usize, QueueError>;

    /// Removes the duplicates of `task` that wait or run. Returns the number of removed tasks.
    ///
    /// It removes unique tasks of the same kind and payload, and the duplicate that
    /// [`unique_by`](Runnable::unique_by) of `task` finds. The period of that duplicate ends. Tasks that are
    /// not unique stay.
    ///
    /// `before_insert` of the queue sees the task first, so that a task that it changes is found. If it refuses
    /// the task, the duplicates of the unchanged task are removed.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when `task` does not serialize, or when it lacks a field by which it is unique
    /// or its unique key is not valid. [`QueueError::Store`] when the store fails.
    fn remove_task_by_metadata(&self, task: &dyn Runnable) -> Result<usize, QueueError>;

    /// Removes all tasks and crons of this task type. Tasks that run go on, but their results are dropped.
    /// Returns the number of removed tasks.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn remove_tasks_of_type(&self, task_type: &str) -> Result<usize, QueueError>;

    /// Finds the task with this id. Returns `None` if there is no such row. By default the row of a task is
    /// removed when the task succeeds: see [`RetentionMode`](crate::RetentionMode).
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn find_task_by_id(&self, id: Uuid) -> Result<Option<Task>, QueueError>;

    /// Cancels the task with this id. Returns `true` if the task waited or ran, and `false` if it has ended
    /// or does not exist.
    ///
    /// A waiting task fails at once, with the error message `cancelled`. A running task is told through
    /// [`Context::is_cancelled`](crate::Context::is_cancelled): within about 100 ms if its pool listens for
    /// notifications, else with the next beat of its pool (every 5 s by default). A thread cannot be stopped,
    /// so a heavy task that does not ask goes on to its end.
    ///
    /// The task fails, unless its run succeeds first. It does not run again, even if its process dies.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn cancel_task(&self, id: Uuid) -> Result<bool, QueueError>;

    /// Makes a failed task due now, with all its retries, or a waiting task due now. Returns `true` if the
    /// task will run. Returns `false` if it runs already, has finished or does not exist. A failed unique
    /// task stays failed while a duplicate of it waits or runs.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn retry_task(&self, id: Uuid) -> Result<bool, QueueError>;

    /// Makes failed tasks due now, with all their retries: all of them, or those of a kind or task type.
    /// Returns how many. A unique task stays failed while a duplicate of it waits or runs. Works in batches
    /// of 1,000, so if it fails, some of the tasks run again already. It may be called again.
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

    /// Changes when a waiting task becomes due. Returns `false`, and changes nothing, if the task does not
    /// wait.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn reschedule_task(&self, id: Uuid, due: Due) -> Result<bool, QueueError>;

    /// Changes the priority of a waiting task. Returns `false`, and changes nothing, if the task does not
    /// wait.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, QueueError>;

    /// Pauses a task type: no process claims its tasks until it is resumed. Tasks that are claimed already
    /// still run, and tasks can still be inserted. The store keeps the pause, so it outlasts restarts.
    /// Returns `false` if the type was paused already.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn pause(&self, task_type: &str) -> Result<bool, QueueError>;

    /// Ends the pause of a task type: its due tasks start at once. Returns `false` if it was not paused.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn resume(&self, task_type: &str) -> Result<bool, QueueError>;

    /// Lists the tasks that match the filter, the newest first, at most [`limit`](Filter::limit) (100 by
    /// default).
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn list_tasks(&self, filter: &Filter) -> Result<Vec<Task>, QueueError>;

    /// Counts the tasks of each task type in each state. Types and states without tasks are left out. In Postgres this
    /// reads the whole table. If there are more than 100,000 tasks, the result is reused for nine times as long as the
    /// count took. So counts take at most a tenth of the time, however often this is called.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn count_tasks(&self) -> Result<Vec<Count>, QueueError>;

    /// Counts the tasks of this task type that wait, and those of them that are due, each up to 10,000. In Postgres
    /// this reads some 10,000 entries of an index at most.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    fn depth(&self, task_type: &str) -> Result<Depth, QueueError>;

    /// Counts the waiting and due tasks of each task type that has waiting tasks: of the first 1,000 types, ordered by
    /// name. It counts up to 10,000 tasks of a type. With more than 2 types it counts fewer: 20,000 in all, but at
    /// least 50 of each.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    fn depths(&self) -> Result<Vec<Depth>, QueueError>;

    /// The context of this run: its task, its attempt, its deadline and the state of its pool. Outside of a
    /// run the context is empty: the id is nil and the attempt is 0.
    fn context(&self) -> &Context;

    /// The [`Run`] that a function of `#[fang::task]` takes as an argument. Outside of a run, for tests, it can still
    /// insert tasks.
    fn as_run(&self) -> Run {
        Run::without_queue(self.context().clone())
    }
}
