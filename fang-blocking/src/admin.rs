//! `Admin`: the calls for tools, in blocking form.

use crate::runtime::block_on;
use chrono::{DateTime, Utc};
use fang_core::new_task::Due;
use fang_core::store::{
    Change, Changes, Count, CronInfo, CronRemoval, Depth, ErrorGroups, FailedTasks, Filter, Finding,
    Matching, Minute, Overview, PageRequest, PausedType, Progress, Rate, Removal, RunningPage, TableSize,
    TaskPage, TypeInfo, Unreadable, WorkerId, WorkerInfo,
};
use fang_core::{Cron, NewTask, Priority, QueueError, Task};
use fang_engine::handle;
use std::time::Duration;
use uuid::Uuid;

/// Calls for tools and dashboards: they list, count, retry, cancel and remove tasks and crons of both modes. They
/// insert and run no task. `admin()` of a queue returns it.
#[derive(Clone, Debug)]
pub struct Admin(handle::Admin);

impl Admin {
    pub(crate) fn new(admin: handle::Admin) -> Self {
        Self(admin)
    }

    /// Counts the tasks of this task type that wait and that are due, each up to 10,000. Reads at most some 10,000 entries
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

    /// Makes a cron by hand, or changes the one of this name and of the kind of the task. It lives beside the crons of
    /// programs: `schedule_only` never removes it. An unchanged cron stays as it is. The task is not unique, whatever it says.
    /// Returns the whole name, which the other calls take: `Report/hand:nightly` for `nightly` and the kind `Report`.
    ///
    /// ```
    /// use fang_blocking::{Backend, MemoryQueue};
    /// use fang_core::{Cron, Mode, NewTask};
    /// # fn main() -> Result<(), fang_core::FangError> {
    /// let queue = MemoryQueue::new();
    /// let report = NewTask::of_kind("MonthlyReport", serde_json::json!({ "month": 11 })).mode(Mode::Blocking);
    /// let name = queue.admin()?.set_cron("nightly", Cron::new("0 3 * * *"), report)?;
    /// assert_eq!(name, "MonthlyReport/hand:nightly");
    /// assert_eq!(queue.schedule_only(vec![])?, 0);
    /// assert!(queue.admin()?.pause_cron(&name)?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`QueueError::Schedule`] when the name, the pattern or the time zone is not valid, [`QueueError::Payload`] when the
    /// task cannot be saved, and [`QueueError::Store`] when the store fails or has no crons.
    pub fn set_cron(&self, name: &str, cron: Cron, task: NewTask) -> Result<String, QueueError> {
        block_on(self.0.set_cron(name, cron, task))
    }

    /// Inserts a task of a cron, due now, without changing the cron. Returns its id, or `None` when there is no such cron.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or has no crons.
    pub fn run_cron(&self, name: &str) -> Result<Option<Uuid>, QueueError> {
        block_on(self.0.run_cron(name))
    }

    /// Counts the tasks that match a filter, up to 10,000, and looks at some 100,000 tasks at most for it. Its limit does not
    /// matter.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    pub fn count_matching(&self, filter: &Filter) -> Result<Matching, QueueError> {
        block_on(self.0.count_matching(filter))
    }

    /// Counts the tasks that wait, that are due, that run, and that have failed, without reading the whole table: each
    /// number is cut off as [`Overview`] says.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub fn overview(&self) -> Result<Overview, QueueError> {
        block_on(self.0.overview())
    }

    /// Changes the task with this id. Returns `false`, and changes nothing, if there is no such task, or if it is in a state that
    /// the change does not [fit](Change::fits).
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub fn change_one(&self, id: Uuid, change: Change) -> Result<bool, QueueError> {
        block_on(self.0.change_one(id, change))
    }

    /// Changes the next 1,000 tasks at most, or 100 if the change is [gentle](Changes::gently), and looks at 10,000 at most for
    /// it. Returns how far the change has come. Repeat it until [`is_done`](Progress::is_done); it may be given up after any
    /// batch. It makes no pause: wait for [`pause_after`](Changes::pause_after) between two gentle batches.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call. The same batch may be tried again.
    pub fn change_batch(&self, changes: &mut Changes) -> Result<Progress, QueueError> {
        block_on(self.0.change_batch(changes))
    }

    /// Changes all tasks that match a filter, in batches of 1,000, so if it fails, some of them are changed already. It may be
    /// called again. It goes at full speed, and tasks that run meanwhile wait longer for the server. Beside a busy fleet prefer
    /// [`change_batch`](Self::change_batch) with a [gentle](Changes::gently) change. Tasks whose rows have changed after the call began are left alone, and so are those that
    /// [cannot be changed](fang_core::store::Changed::changed) now.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub fn change_all(&self, filter: &Filter, change: Change) -> Result<Progress, QueueError> {
        block_on(self.0.change_all(filter, change))
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
fang_engine::doctor_verbs!(verbs);
fang_engine::fleet_verbs!(verbs);
