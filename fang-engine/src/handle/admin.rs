//! What tools ask of a store: look at tasks and steer them, over the application's connections.

use fang_core::new_task::Due;
use fang_core::store::{
    Count, CronInfo, CronRemoval, FailedTasks, Filter, RETRY_BATCH, Removal, RetryFailed, Store,
};
use fang_core::{Priority, QueueError, Task};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// Reads and steers all tasks and crons of a store. Claims, finishes and retires nothing.
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

/// Hands the verbs of an admin to a macro: once for each mode.
#[doc(hidden)]
#[macro_export]
macro_rules! admin_verbs {
    ($mode:ident) => {
        $mode! {
            /// One task.
            find(id: Uuid) -> Option<Task>;
            /// Tasks, the newest first.
            list(filter: &Filter) -> Vec<Task>;
            /// How many tasks of each type are in each state.
            count() -> Vec<Count>;
            /// Removes tasks. Returns how many.
            remove(removal: &Removal) -> u64;
            /// Makes a failed or waiting task due now. Returns whether there was one.
            retry(id: Uuid) -> bool;
            /// Lets a waiting task become due at another time. Returns whether there was one.
            reschedule(id: Uuid, due: Due) -> bool;
            /// Gives a waiting task another priority. Returns whether there was one.
            set_priority(id: Uuid, priority: Priority) -> bool;
            /// Cancels a task that waits or runs. Returns whether there was one.
            cancel(id: Uuid) -> bool;
            /// Lets no task of this type start until it is resumed. Returns whether that is new.
            pause(task_type: &str) -> bool;
            /// Ends such a pause. Returns whether there was one.
            resume(task_type: &str) -> bool;
            /// All crons, in the order of their names.
            list_crons() -> Vec<CronInfo>;
            /// Lets a cron tick no more until it is resumed, and takes out its waiting task. Returns whether one ticked.
            pause_cron(name: &str) -> bool;
            /// Ends the pause of a cron. Returns whether there was one.
            resume_cron(name: &str) -> bool;
            /// Removes crons and their waiting tasks. Returns how many crons.
            remove_crons(removal: &CronRemoval) -> u64;
        }
    };
}

crate::admin_verbs!(verbs);

impl Admin {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Makes failed tasks due now, batch by batch, so that no transaction is long. Returns how many. Tasks that are unique
    /// stay failed while another like them is alive.
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
