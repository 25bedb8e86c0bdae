//! The calls that tools make: look at tasks and crons and change them, over the application's connections.

use fang_core::new_task::Due;
use fang_core::store::{
    Count, CronInfo, CronRemoval, FailedTasks, Filter, RETRY_BATCH, Removal, RetryFailed, Store,
};
use fang_core::{Priority, QueueError, Task};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// Reads and changes the tasks and crons of a store. It cannot claim, finish or retire.
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
                /// [`QueueError::Store`] when the store fails, or does not offer this.
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
            /// Finds a task.
            find(id: Uuid) -> Option<Task>;
            /// Lists tasks, the newest first.
            list(filter: &Filter) -> Vec<Task>;
            /// Counts the tasks of each type in each state.
            count() -> Vec<Count>;
            /// Removes tasks. Returns how many.
            remove(removal: &Removal) -> u64;
            /// Makes a failed or waiting task due now. Returns whether there was one.
            retry(id: Uuid) -> bool;
            /// Changes when a waiting task becomes due. Returns whether there was one.
            reschedule(id: Uuid, due: Due) -> bool;
            /// Changes the priority of a waiting task. Returns whether there was one.
            set_priority(id: Uuid, priority: Priority) -> bool;
            /// Cancels a task that waits or runs. Returns whether there was one.
            cancel(id: Uuid) -> bool;
            /// Pauses a task type: none of its tasks starts until it is resumed. Returns whether it was not paused
            /// before.
            pause(task_type: &str) -> bool;
            /// Resumes a task type. Returns whether it was paused.
            resume(task_type: &str) -> bool;
            /// Lists all crons by name.
            list_crons() -> Vec<CronInfo>;
            /// Pauses a cron and removes its waiting task. Returns whether there was such a cron that was not
            /// paused.
            pause_cron(name: &str) -> bool;
            /// Resumes a cron. Returns whether it was paused.
            resume_cron(name: &str) -> bool;
            /// Removes crons and their waiting tasks. Returns how many crons it removed.
            remove_crons(removal: &CronRemoval) -> u64;
        }
    };
}

crate::admin_verbs!(verbs);

impl Admin {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Makes failed tasks due now, batch by batch, so that no transaction is long. Returns how many. A unique task
    /// stays failed while it has a duplicate that waits or runs.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails, or does not offer this.
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
