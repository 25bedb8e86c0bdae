//! `Admin`: the calls for tools, in blocking form.

use crate::runtime::block_on;
use chrono::{DateTime, Utc};
use fang_core::new_task::Due;
use fang_core::store::{
    Change, Changes, Count, CronInfo, CronRemoval, Depth, ErrorGroups, FailedTasks, Filter, Finding,
    Inserted, KindInfo, Matching, Minute, Overview, PageRequest, PausedType, Progress, Rate, Removal,
    RunningPage, TableSize, TaskPage, TypeInfo, Unreadable, WorkerId, WorkerInfo,
};
use fang_core::{Cron, NewTask, Priority, QueueError, Task};
use fang_engine::handle;
use std::time::Duration;
use uuid::Uuid;

/// Calls for tools and dashboards: they list, count, insert, retry, cancel and remove tasks and crons of both modes. They
/// run no task. `admin()` of a queue returns it.
#[derive(Clone, Debug)]
pub struct Admin(handle::Admin);

impl Admin {
    pub(crate) fn new(admin: handle::Admin) -> Self {
        Self(admin)
    }

    /// Counts the tasks of this task type that wait, and those of them that are due, each up to 10,000. In Postgres
    /// this reads some 10,000 entries of an index at most.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub fn depth(&self, task_type: &str) -> Result<Depth, QueueError> {
        block_on(self.0.depth(task_type))
    }

    /// Counts the waiting and due tasks of each task type that has waiting tasks: of the first 1,000 types, ordered by
    /// name. It counts up to 10,000 tasks of a type. With more than 2 types it counts fewer: 20,000 in all, but at
    /// least 50 of each.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub fn depths(&self) -> Result<Vec<Depth>, QueueError> {
        block_on(self.0.depths())
    }

    /// Inserts a task, as a queue does: its rules hold, and its `before_insert` is asked. Make the task by
    /// [`NewTask::of_kind`] if its code is in another program.
    ///
    /// ```
    /// use fang_blocking::{Backend, MemoryQueue};
    /// use fang_core::{Mode, NewTask};
    /// # fn main() -> Result<(), fang_core::FangError> {
    /// let admin = MemoryQueue::new().admin()?;
    /// let report = NewTask::of_kind("MonthlyReport", serde_json::json!({ "month": 11 })).mode(Mode::Blocking);
    /// let inserted = admin.insert_task(report)?;
    /// assert!(inserted.is_new && admin.find(inserted.id)?.is_some());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`QueueError::Payload`] when the task cannot be saved as it is, [`QueueError::Refused`] when the application refuses it,
    /// [`QueueError::NotUnique`] when it has a duplicate and says so, and [`QueueError::Store`] when the store fails.
    pub fn insert_task(&self, task: NewTask) -> Result<Inserted, QueueError> {
        block_on(self.0.insert_task(task))
    }

    /// Makes a cron by hand, or changes the one with this name and the kind of this task. `schedule_only` never removes
    /// such a cron. An unchanged cron stays as it is. A change replaces the task of the next tick, but not one that is due
    /// and waits for a worker. An interval is counted on from the last tick. The tasks of its ticks are never unique.
    /// Returns the whole name of the cron, which the other calls take: `Report/hand:nightly` for `nightly` and the kind
    /// `Report`.
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
    /// [`QueueError::Schedule`] when the name, the pattern or the time zone is not valid, [`QueueError::Payload`] when
    /// the task cannot be saved, and [`QueueError::Store`] when the store fails or has no crons.
    pub fn set_cron(&self, name: &str, cron: Cron, task: NewTask) -> Result<String, QueueError> {
        block_on(self.0.set_cron(name, cron, task))
    }

    /// Inserts a task of a cron, due now, without changing the cron. Returns its id, or `None` when there is no such
    /// cron.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or has no crons.
    pub fn run_cron(&self, name: &str) -> Result<Option<Uuid>, QueueError> {
        block_on(self.0.run_cron(name))
    }

    /// Counts the tasks that match a filter. The count stops at 10,000 matching tasks, or after it has looked at some
    /// 100,000 tasks. The limit of the filter has no effect.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    pub fn count_matching(&self, filter: &Filter) -> Result<Matching, QueueError> {
        block_on(self.0.count_matching(filter))
    }

    /// Counts the tasks that wait, that are due, that run, and that have failed. It does not read the whole table.
    /// [`Overview`] says where each count stops.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub fn overview(&self) -> Result<Overview, QueueError> {
        block_on(self.0.overview())
    }

    /// Makes the next batch of a change: up to 1,000 tasks, or 100 if the change is [gentle](Changes::gently). It looks
    /// at 10,000 tasks at most. Returns how far the change has come. Repeat it until [`is_done`](Progress::is_done).
    /// You may stop after any batch. Between two gentle batches, pause for [`pause_after`](Changes::pause_after).
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call. The same batch may be tried again.
    pub fn change_batch(&self, changes: &mut Changes) -> Result<Progress, QueueError> {
        block_on(self.0.change_batch(changes))
    }

    /// Changes all tasks that match a filter, in batches of 1,000. If it fails, some of them are changed already; it
    /// may be called again. It works at full speed, so other tasks wait longer for the server meanwhile. Beside a busy
    /// fleet, use [`change_batch`](Self::change_batch) with a [gentle](Changes::gently) change instead. It leaves out
    /// tasks whose rows have changed since the call began, and those that [cannot be
    /// changed](fang_core::store::Changed::changed) now.
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
fang_engine::control_verbs!(verbs);
fang_engine::doctor_verbs!(verbs);
fang_engine::fleet_verbs!(verbs);
