use super::{
    Beat, Claim, Claimed, Count, CronInfo, CronRemoval, Crons, Filter, Finish, Heard, Inserted, LockClaims,
    NewCron, Offers, Prune, Removal, Rescue, Rescued, RetriedFailed, RetryFailed, SavedCron, Tables, Tick,
    WorkerId,
};
use crate::error::StoreError;
use crate::new_task::{Due, NewTask};
use crate::notify::Listeners;
use crate::task::{Priority, Task};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::time::Duration;
use uuid::Uuid;

/// A backend. It implements the required verbs, and may offer further features.
///
/// Fourteen verbs are required. The others have a default. By default, a verb that only applications call
/// fails with [`StoreError::NotOffered`], and one that pools call does what suits a store without that
/// feature. [`offers`](Self::offers) lists the features.
///
/// Every verb fails with [`StoreError`]. Its [`nature`](StoreError::nature) says whether repeating the call
/// can help.
///
/// A verb may block the thread that polls its future, as the verbs over diesel do. Such a store fits blocking
/// pools only. A store that never blocks is [`NonBlocking`] and fits pools of both modes. Pools never drop a
/// future before it is ready, so a verb need not be safe to cancel.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The features besides the required verbs. Defaults to none.
    fn offers(&self) -> Offers {
        Offers::none()
    }

    /// The time of the clock that decides which tasks are due.
    async fn now(&self) -> Result<DateTime<Utc>, StoreError>;

    /// Saves tasks, all or none, and returns the result for each, in order. One call takes at most 8 MiB of
    /// payloads and 1,000 tasks, or 10,000 if none is unique. Fails with [`StoreError::NotUnique`] when a
    /// task that [asks for an error](crate::Unique::or_error) has a duplicate.
    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError>;

    /// Claims due tasks, and returns them in any order. No other claim gets them.
    async fn claim(&self, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError>;

    /// Saves the results whose claims still stand, and returns their number. The others change nothing.
    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError>;

    /// Releases tasks that a worker has claimed but does not know of, by task and lease, because the answer
    /// to the claim was lost. Returns the number of released tasks. Must not be called while a claim of this
    /// worker is under way.
    async fn disown(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError>;

    /// Registers a new worker, alive from now. `info` is JSON that describes it for people.
    async fn register(&self, info: &str) -> Result<WorkerId, StoreError>;

    /// Records a beat of a worker.
    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Beat, StoreError>;

    /// Signs a worker off. Its tasks may be rescued at once.
    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError>;

    /// Declares silent workers dead, and takes back the tasks that no living worker has claimed. Any process
    /// may call it at any time, and repeating it is safe.
    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError>;

    /// Removes old tasks, periods of unique tasks that are over, and dead workers without tasks. Returns the
    /// number of removed tasks and periods.
    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError>;

    /// Finds the task with this id.
    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError>;

    /// Lists tasks, the newest first.
    async fn list(&self, filter: &Filter) -> Result<Vec<Task>, StoreError>;

    /// Removes tasks. Returns the number of removed tasks.
    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError>;

    /// The listeners in this process, which the store notifies of its changes.
    fn listeners(&self) -> &Listeners;

    /// Checks that the store can be reached and its schema is up to date. Defaults to success.
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Marks a claim as the suspect of its worker: if the worker dies now, this task is charged with a full
    /// crash. Returns whether the claim still stands. Saving a result removes the mark.
    ///
    /// Defaults to `true` without a mark, for a store that charges every crash in full.
    async fn suspect(&self, _worker: WorkerId, _id: Uuid, _lease: i32) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// Removes a worker's [lists](LockClaims::list) of tasks that it does not know of, by task and lease,
    /// once their locks are gone. Otherwise other pools would write claims of this worker for them. Returns
    /// the number of removed lists. Must not be called while this worker lists tasks.
    ///
    /// Defaults to none, for a store without lock-claims.
    async fn unlist_unknown(&self, _worker: WorkerId, _known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        Ok(0)
    }

    /// Counts the tasks of each type in each state.
    ///
    /// Not offered by default.
    async fn count(&self) -> Result<Vec<Count>, StoreError> {
        Err(StoreError::NotOffered { verb: "count" })
    }

    /// Makes a failed or waiting task due now, and ends its cancellation. Returns whether the task will run.
    ///
    /// Not offered by default.
    async fn retry(&self, _id: Uuid) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "retry" })
    }

    /// Does the same with a batch of failed tasks.
    ///
    /// Not offered by default.
    async fn retry_failed(&self, _batch: &RetryFailed<'_>) -> Result<RetriedFailed, StoreError> {
        Err(StoreError::NotOffered { verb: "retry_failed" })
    }

    /// Changes when a waiting task becomes due. Returns whether the task waited.
    ///
    /// Not offered by default.
    async fn reschedule(&self, _id: Uuid, _due: Due) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "reschedule" })
    }

    /// Changes the priority of a waiting task. Returns whether the task waited.
    ///
    /// Not offered by default.
    async fn set_priority(&self, _id: Uuid, _priority: Priority) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "set_priority" })
    }

    /// Fails a waiting task for good. For a running task, saves that it is to be
    /// [cancelled](Self::cancellations), and [notifies](crate::notify::Topic::Cancelled) its worker. Returns
    /// whether the task waited or ran. The cancellation stays until the task is over: if the task waits
    /// again, it fails.
    ///
    /// Not offered by default.
    async fn cancel(&self, _id: Uuid) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "cancel" })
    }

    /// The running tasks of this worker that are to be cancelled, each with the lease of its claim.
    ///
    /// Defaults to none.
    async fn cancellations(&self, _worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
        Ok(Vec::new())
    }

    /// Pauses a task type: no tasks of it are claimed until it is resumed. Returns `false` when it was paused
    /// already.
    ///
    /// Not offered by default.
    async fn pause(&self, _task_type: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "pause" })
    }

    /// Resumes a task type. Returns whether it was paused.
    ///
    /// Not offered by default.
    async fn resume(&self, _task_type: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "resume" })
    }

    /// Saves a cron. Inserts a new one with its first tick, updates one whose task or
    /// [`Cron`](crate::schedule::Cron) has changed, and leaves others alone. A paused cron stays paused.
    ///
    /// Not offered by default.
    async fn sync_cron(&self, _cron: &NewCron) -> Result<SavedCron, StoreError> {
        Err(StoreError::NotOffered { verb: "sync_cron" })
    }

    /// Finds the crons that need another tick.
    ///
    /// Defaults to none.
    async fn crons(&self) -> Result<Crons, StoreError> {
        Ok(Crons::default())
    }

    /// Inserts ticks, unless another process has inserted them. Returns whether it did.
    ///
    /// Not offered by default.
    async fn fire(&self, _tick: &Tick<'_>) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "fire" })
    }

    /// Lists all crons, in the order of their names.
    ///
    /// Not offered by default.
    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        Err(StoreError::NotOffered { verb: "list_crons" })
    }

    /// Pauses a cron, and removes its waiting task. Returns whether there was such a cron that was not
    /// paused.
    ///
    /// Not offered by default.
    async fn pause_cron(&self, _name: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "pause_cron" })
    }

    /// Resumes a cron. Its [`Missed`](crate::schedule::Missed) policy decides about the ticks missed. Returns
    /// whether there was such a cron that was paused.
    ///
    /// Not offered by default.
    async fn resume_cron(&self, _name: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "resume_cron" })
    }

    /// Inserts a task of a cron, due now, with this id. Works while the cron is paused, and does not change
    /// its ticks. Returns whether there is such a cron. Repeating it with the same id changes nothing.
    ///
    /// Not offered by default.
    async fn run_cron(&self, _name: &str, _id: Uuid) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "run_cron" })
    }

    /// Removes crons and their waiting tasks. Returns the number of removed crons.
    ///
    /// Not offered by default.
    async fn remove_crons(&self, _removal: &CronRemoval) -> Result<u64, StoreError> {
        Err(StoreError::NotOffered { verb: "remove_crons" })
    }

    /// Receives the notifications of other processes without waiting for one, and passes them on to the
    /// listeners. Returns `None` when the store has no notifications, which is the default. The thread that
    /// beats calls it when something has arrived on the socket that the last call returned, or repeatedly
    /// when that returned none.
    async fn listen(&self) -> Result<Option<Heard>, StoreError> {
        Ok(None)
    }

    /// The tables, if a transaction of the application can reach them. Defaults to `None`.
    fn tables(&self) -> Option<Tables> {
        None
    }

    /// A connection for [lock-claims](LockClaims), if the store offers them. A pool uses each slot once.
    /// Defaults to `None`.
    fn lock_claims(&self, _slot: i16) -> Option<Box<dyn LockClaims>> {
        None
    }
}

/// A [`Store`] whose futures never block the thread that polls them, as async pools require.
///
/// For stores in memory, over an async driver, or with a thread of their own. A store that waits for a disk
/// or a network inside its futures must not implement it, since it would delay all other tasks on that
/// thread.
///
/// ```
/// use fang_core::memory::MemoryStore;
/// use fang_core::store::{NonBlocking, Store};
/// use std::sync::Arc;
/// let store: Arc<dyn NonBlocking> = Arc::new(MemoryStore::new(|| chrono::DateTime::UNIX_EPOCH));
/// // It fits blocking pools as well.
/// let store: Arc<dyn Store> = store;
/// ```
pub trait NonBlocking: Store {}
