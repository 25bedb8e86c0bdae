//! What tools ask of a store, for callers that block.

use crate::runtime::block_on;
use fang_core::new_task::Due;
use fang_core::store::{Count, CronInfo, CronRemoval, FailedTasks, Filter, Removal};
use fang_core::{Priority, QueueError, Task};
use fang_engine::handle;
use uuid::Uuid;

/// Reads and steers all tasks and crons of a store. Claims, finishes and retires nothing.
#[derive(Clone, Debug)]
pub struct Admin(handle::Admin);

impl Admin {
    pub(crate) fn new(admin: handle::Admin) -> Self {
        Self(admin)
    }

    /// Makes failed tasks due now, batch by batch, so that no transaction is long. Returns how many. Tasks that are unique
    /// stay failed while another like them is alive.
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
