//! The calls that tools make: look at tasks and crons and change them, over the application's connections.

use chrono::{DateTime, Utc};
use fang_core::new_task::Due;
use fang_core::store::{
    Count, CronInfo, CronRemoval, Depth, FailedTasks, Filter, RETRY_BATCH, Removal, RetryFailed, Store,
};
use fang_core::{Priority, QueueError, Task};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// Calls for tools and dashboards: they list, count, retry, cancel and remove tasks and crons of both modes. They
/// insert and run no task. `admin()` of a queue returns it.
#[derive(Clone)]
pub struct Admin {
    store: Arc<dyn Store>,
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $value:ty;)+) => {
        impl Admin {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// [`QueueError::Store`] when the store fails or does not have this call.
                pub async fn $name(&self $(, $arg: $type)*) -> Result<$value, QueueError> {
                    Ok(self.store.$name($($arg),*).await?)
                }
            )+
        }
    };
}

/// Passes the verbs of an admin to a macro of one mode.
#[doc(hidden)]
#[macro_export]
macro_rules! admin_verbs {
    ($mode:ident) => {
        $mode! {
            /// The current time, by the clock that decides which tasks are due.
            now() -> DateTime<Utc>;
            /// The version of the tables. `None` for a store without tables that are migrated. `fang::SCHEMA_VERSION` is the
            /// version that this program works with.
            schema_version() -> Option<i32>;
            /// Finds the task with this id. Returns `None` if there is no such row.
            find(id: Uuid) -> Option<Task>;
            /// Lists the tasks that match the filter, the newest first, at most its `limit` (100 by default).
            list(filter: &Filter) -> Vec<Task>;
            /// Counts the tasks of each task type in each state. Types and states without tasks are left out. In
            /// Postgres this reads the whole table.
            count() -> Vec<Count>;
            /// Removes the tasks that `removal` names, and crons if it says so. Tasks that run go on, but their results
            /// are dropped. Returns how many tasks were removed.
            remove(removal: &Removal) -> u64;
            /// Makes a failed task due now, with all its retries, or a waiting task due now. Returns `false` if it runs
            /// already, has finished or does not exist, or if it is unique and a duplicate of it waits or runs.
            retry(id: Uuid) -> bool;
            /// Changes when a waiting task becomes due. Returns `false`, and changes nothing, if the task does not
            /// wait.
            reschedule(id: Uuid, due: Due) -> bool;
            /// Changes the priority of a waiting task. Returns `false`, and changes nothing, if the task does not wait.
            set_priority(id: Uuid, priority: Priority) -> bool;
            /// Pauses a task type: no process claims its tasks until it is resumed. Tasks that are claimed already
            /// still run. Returns `false` if the type was paused already.
            pause(task_type: &str) -> bool;
            /// Ends the pause of a task type: its due tasks start at once. Returns `false` if it was not paused.
            resume(task_type: &str) -> bool;
            /// Lists all crons of both modes, ordered by name.
            list_crons() -> Vec<CronInfo>;
            /// Pauses the cron of this name and removes its waiting task. The pause lasts until `resume_cron`, also
            /// when the cron is scheduled again. Returns `false` if there is no such cron or it was paused already.
            pause_cron(name: &str) -> bool;
            /// Ends the pause of the cron of this name. Its `Missed` policy decides about the ticks of the pause.
            /// Returns `false` if it was not paused.
            resume_cron(name: &str) -> bool;
            /// Removes crons and their waiting tasks. Tasks of them that run go on. Returns how many crons were
            /// removed.
            remove_crons(removal: &CronRemoval) -> u64;
        }
    };
}

crate::admin_verbs!(verbs);

impl Admin {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Cancels the task with this id, as `cancel_task` of a queue does. Returns `true` if it waited or ran, and
    /// `false` if it has ended or does not exist.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub async fn cancel(&self, id: Uuid) -> Result<bool, QueueError> {
        Ok(self.store.cancel(id).await?.is_hit())
    }

    /// Counts the tasks of this task type that wait and that are due, each up to 10,000. Reads at most some 20,000 entries
    /// of an index in Postgres, however many tasks there are.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub async fn depth(&self, task_type: &str) -> Result<Depth, QueueError> {
        let depths = self.store.depths(Some(task_type)).await?;
        Ok(depths.into_iter().next().unwrap_or_else(|| Depth::none(task_type)))
    }

    /// Counts, as [`depth`](Self::depth) does, the tasks of each task type that has waiting tasks: of the first 1,000
    /// types, ordered by name.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub async fn depths(&self) -> Result<Vec<Depth>, QueueError> {
        Ok(self.store.depths(None).await?)
    }

    /// Makes failed tasks due now, with all their retries: all of them, or those of a kind or task type. Returns how
    /// many. A unique task stays failed while a duplicate of it waits or runs. Works in batches of 1,000, so if it
    /// fails, some of the tasks run again already. It may be called again.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub async fn retry_failed(&self, which: &FailedTasks) -> Result<u64, QueueError> {
        let (mut tasks, mut after) = (0, None);
        loop {
            let batch = RetryFailed { which, after, limit: RETRY_BATCH };
            let retried = self.store.retry_failed(&batch).await?;
            tasks += retried.tasks;
            after = retried.next;
            if after.is_none() {
                return Ok(tasks);
            }
        }
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}
