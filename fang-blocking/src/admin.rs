//! `Admin`: the calls for tools, in blocking form.

use crate::runtime::block_on;
use fang_core::new_task::Due;
use fang_core::store::{Count, CronInfo, CronRemoval, FailedTasks, Filter, Removal};
use fang_core::{Priority, QueueError, Task};
use fang_engine::handle;
use uuid::Uuid;

/// Calls for tools and dashboards: they list, count, retry, cancel and remove tasks and crons. They claim and run
/// no task.
#[derive(Clone, Debug)]
pub struct Admin(handle::Admin);

impl Admin {
    pub(crate) fn new(admin: handle::Admin) -> Self {
        Self(admin)
    }

    /// Retries failed tasks: makes them due now. Works in batches, so that every transaction is short. Returns how
    /// many tasks it retried. A unique task stays failed while a duplicate waits or runs.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails, or does not offer this.
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
                /// [`QueueError::Store`] when the store fails, or does not offer this.
                pub fn $name(&self $(, $arg: $type)*) -> Result<$value, QueueError> {
                    block_on(self.0.$name($($arg),*))
                }
            )+
        }
    };
}

fang_engine::admin_verbs!(verbs);
