use crate::admin::Admin;
use crate::handle::Handle;
use crate::runtime::block_on;
use fang_core::store::Store;
use fang_core::{Mode, NewTask, QueueError, Queueable, Runnable};
use std::sync::Arc;
use uuid::Uuid;

/// A queue that a pool can work for: it brings a store.
pub trait Backend: Queueable + Clone + 'static {
    /// The store as a pool's own engine uses it: over connections that neither the application nor
    /// the tasks can exhaust.
    ///
    /// # Errors
    /// [`QueueError::NotConnected`] when the queue has to be connected first, or what keeps it from
    /// being so.
    fn engine(&self) -> Result<Arc<dyn Store>, QueueError>;

    /// What tools ask of the store: to look at tasks, count them, retry and cancel them, pause task types, list, pause,
    /// resume and remove crons. Over the application's connections.
    ///
    /// # Errors
    /// As [`engine`](Self::engine).
    fn admin(&self) -> Result<Admin, QueueError> {
        Ok(Admin::new(self.handle()?.verbs()?.admin()))
    }

    /// The queue as tasks use it: over the application's connections.
    ///
    /// # Errors
    /// As [`engine`](Self::engine).
    fn handle(&self) -> Result<Handle, QueueError>;

    /// Schedules these tasks, and removes all other crons of this mode, their waiting tasks with them:
    /// those that the program no longer has. Returns how many crons were removed.
    ///
    /// The crons of other programs that share the tables go as well, so call it only where one
    /// program has them all. When it fails, none has been removed.
    ///
    /// ```
    /// # use fang_blocking::{Backend, MemoryQueue};
    /// # use fang_core::{Cron, FangError, Queueable, Runnable, Scheduled, typetag};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)] struct Report;
    /// # #[typetag::serde]
    /// # impl Runnable for Report {
    /// #     fn run(&self, _: &dyn Queueable) -> Result<(), FangError> { Ok(()) }
    /// #     fn cron(&self) -> Option<Scheduled> {
    /// #         Some(Scheduled::Cron(Cron::new("0 9 * * 1-5").time_zone("Europe/Berlin")))
    /// #     }
    /// # }
    /// let queue = MemoryQueue::new();
    /// assert_eq!(queue.schedule_only(&[&Report])?, 0);
    /// let crons = queue.admin()?.list_crons()?;
    /// assert_eq!((crons[0].kind(), crons[0].cron.time_zone.as_str()), ("Report", "Europe/Berlin"));
    /// assert_eq!(queue.schedule_only(&[])?, 1);
    /// # Ok::<(), FangError>(())
    /// ```
    ///
    /// # Errors
    /// As `schedule_task`.
    fn schedule_only(&self, tasks: &[&dyn Runnable]) -> Result<u64, QueueError> {
        let schedules = tasks.iter().map(|task| Ok((NewTask::blocking(*task)?, task.cron())));
        let schedules = schedules.collect::<Result<Vec<_>, QueueError>>()?;
        block_on(self.handle()?.verbs()?.schedule_only(Mode::Blocking, schedules))
    }

    /// Inserts a task of the cron of this name, due now and apart from its ticks, and even while it is
    /// paused. Returns the task's id, or `None` when there is no such cron.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    fn run_cron(&self, name: &str) -> Result<Option<Uuid>, QueueError> {
        block_on(self.handle()?.verbs()?.run_cron(name))
    }
}
