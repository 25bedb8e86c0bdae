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

/// A backend: the required verbs, and optional ones.
///
/// Fourteen verbs are required. The others have a default. A verb that only the application calls fails
/// with [`StoreError::NotOffered`]. A verb that a pool calls by itself does what suits a store without the
/// feature. [`offers`](Self::offers) returns the features of a store.
///
/// Every verb fails with [`StoreError`], whose [`nature`](StoreError::nature) says whether trying again can
/// help.
///
/// A verb may block the thread that polls its future, as a verb over diesel does. Such a store fits pools
/// of threads. A store that never blocks is [`NonBlocking`] and fits both kinds of pools. No pool drops a
/// future before it is ready, so a verb need not be safe to cancel.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The features besides the required verbs. Defaults to none.
    fn offers(&self) -> Offers {
        Offers::none()
    }

    /// The current time, by the clock that decides which tasks are due.
    async fn now(&self) -> Result<DateTime<Utc>, StoreError>;

    /// Saves tasks, all or none, and returns an answer for each, in order. One call takes at most 8 MiB of
    /// payloads and at most 10,000 tasks, or 1,000 if one of them is unique. Fails with
    /// [`StoreError::NotUnique`] when a task that [asks for an error](crate::Unique::or_error) has a
    /// duplicate.
    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError>;

    /// Claims due tasks, in any order. No other worker gets them.
    async fn claim(&self, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError>;

    /// Saves the results whose claims still stand, and returns how many. The other results came too late
    /// and change nothing.
    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError>;

    /// Releases the claims of a worker that are not among `known`, by task and lease: the answers to these
    /// claims were lost. No retry is charged. Returns how many were released. Must not be called while a
    /// claim of this worker is under way.
    async fn disown(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError>;

    /// Releases all claims of a worker that stops. Only the heart of its pool calls this, at the end; a store with
    /// a connection for the heart should use that one, since tasks may hold up all others. Defaults to
    /// [`disown`](Self::disown).
    async fn disown_all(&self, worker: WorkerId) -> Result<u64, StoreError> {
        self.disown(worker, &[]).await
    }

    /// Adds a worker, alive from now. `info` is JSON about it, for people to read.
    async fn register(&self, info: &str) -> Result<WorkerId, StoreError>;

    /// Reports that a worker is alive.
    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Beat, StoreError>;

    /// Marks a worker as dead, since its pool has stopped. Tasks that it has still claimed may be rescued
    /// at once.
    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError>;

    /// Declares silent workers dead, and takes back tasks that no living worker has claimed. Any process
    /// may call it at any time, and may repeat it.
    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError>;

    /// Removes old tasks, periods that are over, and dead workers without claimed tasks. Returns how many
    /// tasks and periods were removed.
    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError>;

    /// The task with this id.
    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError>;

    /// Lists tasks, the newest first.
    async fn list(&self, filter: &Filter) -> Result<Vec<Task>, StoreError>;

    /// Removes tasks. Returns the number of removed tasks.
    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError>;

    /// The listeners of this process, which the store notifies of its changes.
    fn listeners(&self) -> &Listeners;

    /// Checks that the store is ready: it can be reached and its schema is up to date. Defaults to `Ok`.
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Marks a claim as the one suspect of its worker, the task that may crash its process. If the worker
    /// dies now, this task is charged a full crash. Returns whether the claim still stands. Any result
    /// removes the mark.
    ///
    /// Defaults to `true` without a mark, for a store that charges every task in full.
    async fn suspect(&self, _worker: WorkerId, _id: Uuid, _lease: i32) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// Removes the lists of a worker that name a task not among `known`, by task and lease, once their
    /// locks are gone. Otherwise other workers would make claims of these tasks in the name of this worker.
    /// Returns how many lists were removed. Must not be called while this worker lists tasks.
    ///
    /// Defaults to none, for a store without lock-claims.
    async fn unlist_unknown(&self, _worker: WorkerId, _known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        Ok(0)
    }

    /// The number of tasks of each type in each state.
    ///
    /// Not offered by default.
    async fn count(&self) -> Result<Vec<Count>, StoreError> {
        Err(StoreError::NotOffered { verb: "count" })
    }

    /// Makes a failed or waiting task due now, and ends its cancellation. Returns whether there was one.
    ///
    /// Not offered by default.
    async fn retry(&self, _id: Uuid) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "retry" })
    }

    /// Makes a batch of the failed tasks due now.
    ///
    /// Not offered by default.
    async fn retry_failed(&self, _batch: &RetryFailed<'_>) -> Result<RetriedFailed, StoreError> {
        Err(StoreError::NotOffered { verb: "retry_failed" })
    }

    /// Changes when a waiting task becomes due. Returns whether there was one.
    ///
    /// Not offered by default.
    async fn reschedule(&self, _id: Uuid, _due: Due) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "reschedule" })
    }

    /// Changes the priority of a waiting task. Returns whether there was one.
    ///
    /// Not offered by default.
    async fn set_priority(&self, _id: Uuid, _priority: Priority) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "set_priority" })
    }

    /// Cancels a task. A waiting task fails for good. A running task is added to the
    /// [cancellations](Self::cancellations) and its worker is [notified](crate::notify::Topic::Cancelled).
    /// Returns whether there was such a task. A cancellation lasts until the task is over: if the task
    /// waits again, it fails.
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

    /// Stops giving out tasks of this type until it is resumed. Returns whether it was not paused before.
    ///
    /// Not offered by default.
    async fn pause(&self, _task_type: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "pause" })
    }

    /// Ends a pause. Returns whether there was one.
    ///
    /// Not offered by default.
    async fn resume(&self, _task_type: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "resume" })
    }

    /// Saves a cron. A new one is inserted with its first tick. An existing one is replaced if its task or
    /// its [`Cron`](crate::schedule::Cron) has changed, and left alone otherwise. A paused cron stays
    /// paused.
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

    /// Inserts ticks unless another process has. Returns whether it did.
    ///
    /// Not offered by default.
    async fn fire(&self, _tick: &Tick<'_>) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "fire" })
    }

    /// All crons, ordered by name.
    ///
    /// Not offered by default.
    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        Err(StoreError::NotOffered { verb: "list_crons" })
    }

    /// Stops the ticks of a cron until it is resumed, and removes its waiting task. Returns whether there
    /// was such a cron that was not paused.
    ///
    /// Not offered by default.
    async fn pause_cron(&self, _name: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "pause_cron" })
    }

    /// Ends the pause of a cron. Its [`Missed`](crate::schedule::Missed) policy decides about the ticks
    /// that the pause missed. Returns whether there was such a pause.
    ///
    /// Not offered by default.
    async fn resume_cron(&self, _name: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "resume_cron" })
    }

    /// Inserts a task of a cron, due now, with this id, even while the cron is paused. Its ticks do not
    /// change. Returns whether there is such a cron. Repeating the call with the same id changes nothing.
    ///
    /// Not offered by default.
    async fn run_cron(&self, _name: &str, _id: Uuid) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "run_cron" })
    }

    /// Removes crons and their waiting tasks. Returns how many crons were removed.
    ///
    /// Not offered by default.
    async fn remove_crons(&self, _removal: &CronRemoval) -> Result<u64, StoreError> {
        Err(StoreError::NotOffered { verb: "remove_crons" })
    }

    /// Notifies listeners of what other processes have sent, without waiting for more. Returns what
    /// arrived, or `None` for a store without such notifications. The thread that beats calls it whenever
    /// something arrives on the socket of the last answer, or often when that answer had none. Defaults to
    /// `None`.
    async fn listen(&self) -> Result<Option<Heard>, StoreError> {
        Ok(None)
    }

    /// The tables of the store, if a transaction of the application can reach them. Defaults to `None`.
    fn tables(&self) -> Option<Tables> {
        None
    }

    /// One of the connections for [lock-claims](LockClaims), if the store has them. A pool uses each slot
    /// number once. Defaults to `None`.
    fn lock_claims(&self, _slot: i16) -> Option<Box<dyn LockClaims>> {
        None
    }
}

/// A [`Store`] whose futures never block the thread that polls them. Pools of tokio tasks require it.
///
/// Stores in memory, over an async driver or with a thread of their own qualify. A store that waits for a
/// disk or a network inside its futures must not implement this trait, since it would block every other
/// task on the thread.
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
