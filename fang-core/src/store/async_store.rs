use super::{
    AsyncHolder, Beat, Claim, Claimed, Count, CronInfo, CronRemoval, Crons, Filter, Finish, Inserted,
    NewCron, Prune, Removal, Rescue, Rescued, RetriedFailed, RetryFailed, SavedCron, Tick, WorkerId,
};
use crate::error::StoreError;
use crate::new_task::{Due, NewTask};
use crate::task::{Priority, Task};
use crate::wake::Wakes;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A backend, for async callers. [`Store`](super::Store) has the same verbs for blocking ones.
///
/// Every verb fails with [`StoreError`], whose [`nature`](StoreError::nature) says whether trying
/// again can help.
#[async_trait]
pub trait AsyncStore: Send + Sync + 'static {
    /// Whether the store is ready to serve: it can be reached and its schema is up to date.
    async fn check(&self) -> Result<(), StoreError>;

    /// The clock that decides what is due.
    async fn now(&self) -> Result<DateTime<Utc>, StoreError>;

    /// Saves tasks, all or none, and tells for each, in order, what is there now. One call takes 1,000 tasks at most,
    /// or 10,000 of which none is unique, and 8 MiB of payloads. Fails with
    /// [`StoreError::NotUnique`] when a task is kept out that [must not be](crate::Unique::or_error).
    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError>;

    /// Takes tasks that are due, in any order, so that nobody else gets them.
    async fn claim(&self, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError>;

    /// Saves results whose claims still stand; returns how many did. The others came too late and change
    /// nothing.
    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError>;

    /// Gives back, uncharged, what a worker holds and does not know of, by task and lease: claims whose
    /// answer was lost.
    /// Returns how many. Never while a claim of this worker is under way.
    async fn disown(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError>;

    /// Marks a claim as the one suspect of its worker: should that die now, the crash counts in full.
    /// Returns whether the claim still stands. Any result takes the mark away.
    async fn suspect(&self, worker: WorkerId, id: Uuid, lease: i32) -> Result<bool, StoreError>;

    /// A new worker, alive from now. `info` is JSON about it, for people to read.
    async fn register(&self, info: &str) -> Result<WorkerId, StoreError>;

    /// Tells that a worker is alive.
    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Beat, StoreError>;

    /// Tells that a worker is gone: what it still holds may be rescued at once.
    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError>;

    /// Declares silent workers dead and takes back the tasks that no living worker holds. Anyone may, at any
    /// time: it repeats without harm.
    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError>;

    /// Removes old tasks, periods of unique tasks that are over, and dead workers that hold no task; returns
    /// how many tasks and periods.
    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError>;

    /// Keeps a cron: inserts it with its first tick, changes it when its task or anything of its
    /// [`Cron`](crate::schedule::Cron) changed, and else leaves it alone. A paused one stays paused.
    async fn sync_cron(&self, cron: &NewCron) -> Result<SavedCron, StoreError>;

    /// The crons that need another tick.
    async fn crons(&self) -> Result<Crons, StoreError>;

    /// Inserts ticks unless another process has; returns whether it did.
    async fn fire(&self, tick: &Tick<'_>) -> Result<bool, StoreError>;

    /// All crons, in the order of their names.
    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError>;

    /// Lets a cron tick no more until it is resumed, and takes out its waiting task; returns whether there
    /// was such a cron that ticked.
    async fn pause_cron(&self, name: &str) -> Result<bool, StoreError>;

    /// Ends the pause of a cron. What it missed is for its [`Missed`](crate::schedule::Missed) policy to
    /// say. Returns whether there was such a pause.
    async fn resume_cron(&self, name: &str) -> Result<bool, StoreError>;

    /// Inserts a task of a cron, due now and called `id`, even while the cron is paused; its ticks stay
    /// where they are. Returns whether there is such a cron. Repeating it with the same id changes nothing.
    async fn run_cron(&self, name: &str, id: Uuid) -> Result<bool, StoreError>;

    /// Removes crons and their waiting tasks; returns how many crons.
    async fn remove_crons(&self, removal: &CronRemoval) -> Result<u64, StoreError>;

    /// One task.
    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError>;

    /// Tasks, the newest first.
    async fn list(&self, filter: &Filter) -> Result<Vec<Task>, StoreError>;

    /// How many tasks of each type are in each state.
    async fn count(&self) -> Result<Vec<Count>, StoreError>;

    /// Removes tasks; returns how many.
    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError>;

    /// Makes a failed or waiting task due now; returns whether there was one. It is not to be cancelled any more.
    async fn retry(&self, id: Uuid) -> Result<bool, StoreError>;

    /// Does so for a bite of the failed tasks.
    async fn retry_failed(&self, bite: &RetryFailed<'_>) -> Result<RetriedFailed, StoreError>;

    /// Lets a waiting task become due at another time; returns whether there was one.
    async fn reschedule(&self, id: Uuid, due: Due) -> Result<bool, StoreError>;

    /// Gives a waiting task another priority; returns whether there was one.
    async fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, StoreError>;

    /// Fails a waiting task for good; of a running one, writes down that it is to be
    /// [cancelled](Self::cancellations), and [wakes](super::cancellations_of) its worker. Returns whether there was one of either.
    /// What was written down holds until the task is over: should it wait again, it fails.
    async fn cancel(&self, id: Uuid) -> Result<bool, StoreError>;

    /// The running tasks of this worker that are to be cancelled, with the lease of their claim.
    async fn cancellations(&self, worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError>;

    /// Gives out no tasks of this type until it is resumed; returns whether that is new.
    async fn pause(&self, task_type: &str) -> Result<bool, StoreError>;

    /// Ends a pause; returns whether there was one.
    async fn resume(&self, task_type: &str) -> Result<bool, StoreError>;

    /// Looks whether something was announced since the last look.
    async fn listen(&self) -> Result<Option<super::Heard>, StoreError> {
        Ok(None)
    }

    /// What the driver's own extras, such as finishing within a transaction of the application, find again in a run.
    /// Defaults to `None`.
    fn extras(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        None
    }

    /// One of the connections that can [hold](AsyncHolder) tasks, if the store has such; each number once in a pool.
    /// Defaults to `None`.
    fn holder(&self, _slot: i16) -> Option<Box<dyn AsyncHolder>> {
        None
    }

    /// Whom to wake when a task was inserted.
    fn wakes(&self) -> &Wakes;
}
