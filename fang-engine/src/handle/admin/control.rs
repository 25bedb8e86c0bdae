//! The calls of tools that change a single task, and that pause task types and crons.

use super::Admin;
use fang_core::new_task::Due;
use fang_core::store::{Change, ChangeOutcome, Pause, Store};
use fang_core::{Priority, QueueError, StoreError};
use uuid::Uuid;

/// Passes these verbs of an admin to a macro of one mode.
#[doc(hidden)]
#[macro_export]
macro_rules! control_verbs {
    ($mode:ident) => {
        $mode! {
            /// Changes the task with this id. Returns `false`, and changes nothing, if there is no such task, or if it is in a
            /// state that the change does not [fit](fang_core::store::Change::fits).
            change_one(id: Uuid, change: Change) -> bool;
            /// Makes a failed task due now, with all its retries, or a waiting task due now. Returns `false` if it runs
            /// already, has finished or does not exist, or if it is unique and a duplicate of it waits or runs.
            retry(id: Uuid) -> bool;
            /// Cancels the task with this id, as `cancel_task` of a queue does. Returns `true` if it waited or ran, and
            /// `false` if it has ended or does not exist.
            cancel(id: Uuid) -> bool;
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
            /// Pauses the cron of this name and removes its waiting task. The pause lasts until `resume_cron`, also
            /// when the cron is scheduled again. Returns `false` if there is no such cron or it was paused already.
            pause_cron(name: &str) -> bool;
            /// Ends the pause of the cron of this name. Its `Missed` policy decides about the ticks of the pause.
            /// Returns `false` if it was not paused.
            resume_cron(name: &str) -> bool;
        }
    };
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
                    Ok(Control(&*self.store).$name($($arg),*).await?)
                }
            )+
        }
    };
}

crate::control_verbs!(verbs);

/// The bodies of these calls.
struct Control<'a>(&'a dyn Store);

impl Control<'_> {
    async fn change_one(&self, id: Uuid, change: Change) -> Result<bool, StoreError> {
        self.0.change(id, change).await.map(ChangeOutcome::is_hit)
    }

    async fn retry(&self, id: Uuid) -> Result<bool, StoreError> {
        self.change_one(id, Change::Retry).await
    }

    async fn cancel(&self, id: Uuid) -> Result<bool, StoreError> {
        self.change_one(id, Change::Cancel).await
    }

    async fn reschedule(&self, id: Uuid, due: Due) -> Result<bool, StoreError> {
        self.change_one(id, Change::Reschedule(due)).await
    }

    async fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, StoreError> {
        self.change_one(id, Change::Priority(priority)).await
    }

    async fn pause(&self, task_type: &str) -> Result<bool, StoreError> {
        self.0.pause(task_type, Pause::Begin).await
    }

    async fn resume(&self, task_type: &str) -> Result<bool, StoreError> {
        self.0.pause(task_type, Pause::End).await
    }

    async fn pause_cron(&self, name: &str) -> Result<bool, StoreError> {
        self.0.pause_cron(name, Pause::Begin).await
    }

    async fn resume_cron(&self, name: &str) -> Result<bool, StoreError> {
        self.0.pause_cron(name, Pause::End).await
    }
}
