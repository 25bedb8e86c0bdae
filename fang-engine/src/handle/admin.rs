//! The calls that tools make: look at tasks and crons and change them, over the application's connections.

mod changes;
mod control;
mod counts;
mod crons;
mod examine;

use super::Handle;
use chrono::{DateTime, Utc};
use fang_core::store::{
    Change, Count, CronInfo, CronRemoval, Depth, ErrorGroups, FailedTasks, Filter, Inserted, PageRequest,
    Removal, RunningPage, Store, TableSize, TaskPage,
};
use fang_core::{Context, NewTask, QueueError, StoreError, Task};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// Calls for tools and dashboards: they list, count, insert, retry, cancel and remove tasks and crons of both modes. They
/// run no task. `admin()` of a queue returns it. If the future of a call that only reads is dropped, Postgres is asked to cancel its
/// statement.
#[derive(Clone)]
pub struct Admin {
    pub(super) store: Arc<dyn Store>,
    /// Inserts, with the rules and the hooks of the queue.
    handle: Handle,
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
            /// Lists the tables with their dead and live rows, as the statistics of the server estimate them. The list
            /// is empty for a store without tables.
            table_sizes() -> Vec<TableSize>;
            /// Finds the task with this id. Returns `None` if there is no such row.
            find(id: Uuid) -> Option<Task>;
            /// Lists the tasks that match the filter, the newest first, at most its `limit` (100 by default). If few
            /// tasks match, this looks at the whole table, 10,000 tasks with each statement. [`page`](Self::page) makes
            /// only one such statement.
            list(filter: &Filter) -> Vec<Task>;
            /// Returns one page of the tasks that match a filter, in the order of its [`walk`](Filter::walk). A page
            /// takes some milliseconds, however many tasks there are: the store looks at 10,000 tasks at most. The page
            /// says how many these were, and where the next page begins. It has at most 1,000 tasks and 8 MiB of
            /// payload.
            page(request: &PageRequest<'_>) -> TaskPage;
            /// Counts the tasks of each task type in each state. Types and states without tasks are left out. In
            /// Postgres this reads the whole table, which takes seconds if there are millions of tasks:
            /// [`overview`](Self::overview) and [`count_matching`](Self::count_matching) do not. If there are more than
            /// 100,000 tasks, the result is reused for nine times as long as the count took. So counts take at most a
            /// tenth of the time.
            count() -> Vec<Count>;
            /// Returns the tasks that are in progress, the newest first, each with its worker and the time of its
            /// claim. `after` is the id at which the page before ended. A page has at most `limit` tasks, and at most
            /// 1,000. Short tasks that run without a change of their rows while many wait (see `lock_claims` of the pools)
            /// are not listed.
            running(after: Option<Uuid>, limit: u32) -> RunningPage;
            /// Groups the errors of the tasks that failed last, by kind and text. Texts that differ only in numbers and
            /// UUIDs are in one group. It looks at up to 20,000 tasks that ended last, and up to 20,000 with a `keep`
            /// of their own, until some 4,000 failed ones are found.
            errors() -> ErrorGroups;
            /// Removes the tasks that `removal` names, and crons if it says so. Tasks that run go on, but their results
            /// are dropped. Returns how many tasks were removed.
            remove(removal: &Removal) -> u64;
            /// Lists all crons of both modes, ordered by name.
            list_crons() -> Vec<CronInfo>;
            /// Removes crons and their waiting tasks. Tasks of them that run go on. Returns how many crons were
            /// removed.
            remove_crons(removal: &CronRemoval) -> u64;
        }
    };
}

crate::admin_verbs!(verbs);

impl Admin {
    /// The calls over the store of a queue. No insert is that of a run.
    pub(crate) fn new(handle: &Handle) -> Self {
        Self { store: handle.store().clone(), handle: handle.bound_to(Context::default()) }
    }

    /// Inserts a task, as a queue does: its rules hold, and its `before_insert` is asked. Make the task by
    /// [`NewTask::of_kind`] if its code is in another program.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when the task cannot be saved as it is, [`QueueError::Refused`] when the application refuses it,
    /// [`QueueError::NotUnique`] when it has a duplicate and says so, and [`QueueError::Store`] when the store fails.
    pub async fn insert_task(&self, task: NewTask) -> Result<Inserted, QueueError> {
        let inserted = self.handle.insert_tasks(vec![task]).await?;
        Ok(inserted.first().copied().ok_or_else(StoreError::no_answer)?)
    }

    /// Counts the tasks of this task type that wait, and those of them that are due, each up to 10,000. In Postgres
    /// this reads some 10,000 entries of an index at most.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub async fn depth(&self, task_type: &str) -> Result<Depth, QueueError> {
        let depths = self.store.depths(Some(task_type)).await?;
        Ok(depths.into_iter().next().unwrap_or_else(|| Depth::none(task_type)))
    }

    /// Counts the waiting and due tasks of each task type that has waiting tasks: of the first 1,000 types, ordered by
    /// name. It counts up to 10,000 tasks of a type. With more than 2 types it counts fewer: 20,000 in all, but at
    /// least 50 of each.
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
        Ok(self.change_all(&which.filter(), Change::Retry).await?.changed)
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}
