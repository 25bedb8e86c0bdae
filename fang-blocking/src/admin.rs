//! `Admin`: the calls for tools, in blocking form.

use crate::runtime::block_on;
use chrono::{DateTime, Utc};
use fang_core::new_task::Due;
use fang_core::store::{Count, CronInfo, CronRemoval, Depth, FailedTasks, Filter, Removal};
use fang_core::{Priority, QueueError, Task};
use fang_engine::handle;
use uuid::Uuid;

/// Calls for tools and dashboards: they list, count, retry, cancel and remove tasks and crons of both modes. They
/// insert and run no task. `admin()` of a queue returns it.
#[derive(Clone, Debug)]
pub struct Admin(handle::Admin);

impl Admin {
    pub(crate) fn new(admin: handle::Admin) -> Self {
        Self(admin)
    }

    /// Counts the tasks of this task type that wait and that are due, each up to 10,000. Reads at most some 20,000 entries
    /// of an index in Postgres, however many tasks there are.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub fn depth(&self, task_type: &str) -> Result<Depth, QueueError> {
        block_on(self.0.depth(task_type))
    }

    /// Counts, as [`depth`](Self::depth) does, the tasks of each task type that has waiting tasks: of the first 1,000
    /// types, ordered by name.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub fn depths(&self) -> Result<Vec<Depth>, QueueError> {
        block_on(self.0.depths())
    }

    /// Makes failed tasks due now, with all their retries: all of them, or those of a kind or task type. Returns how
    /// many. A unique task stays failed while a duplicate of it waits or runs. Works in batches of 1,000, so if it
    /// fails, some of the tasks run again already. It may be called again.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub fn retry_failed(&self, which: &FailedTasks) -> Result<u64, QueueError> {
        block_on(self.0.retry_failed(which))
    }
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $value:ty;)+) => {
        impl Admin {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// [`QueueError::Store`] when the store fails or does not have this call.
                pub fn $name(&self $(, $arg: $type)*) -> Result<$value, QueueError> {
                    block_on(self.0.$name($($arg),*))
                }
            )+
        }
    };
}

fang_engine::admin_verbs!(verbs);
