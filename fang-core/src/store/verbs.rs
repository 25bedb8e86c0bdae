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

/// A backend: what it must do, and what it may offer besides.
///
/// Fourteen verbs are required. The others have a default: one that only the application calls fails with
/// [`StoreError::NotOffered`], one that a pool calls by itself does what suits a store without that feature.
/// [`offers`](Self::offers) tells which features there are.
///
/// Every verb fails with [`StoreError`], whose [`nature`](StoreError::nature) says whether trying
/// again can help.
///
/// A verb may answer inside its future, and block the thread that polls it, as one over diesel does: then the store fits
/// pools of threads. One that never blocks is [`NonBlocking`] and fits both kinds of pools. No pool drops a
/// future before it is ready, so a verb need not be safe to cancel.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The features that this store has besides the required verbs. Defaults to none.
    fn offers(&self) -> Offers {
        Offers::none()
    }

    /// The clock that decides what is due.
    async fn now(&self) -> Result<DateTime<Utc>, StoreError>;

    /// Saves tasks, all or none, and tells for each, in order, what is there now. One call takes 1,000 tasks at most, or
    /// 10,000 of which none is unique, and 8 MiB of payloads. Fails with
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

    /// One task.
    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError>;

    /// Tasks, the newest first.
    async fn list(&self, filter: &Filter) -> Result<Vec<Task>, StoreError>;

    /// Removes tasks; returns how many.
    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError>;

    /// Who listens in this process: the store notifies them of what it changes.
    fn listeners(&self) -> &Listeners;

    /// Whether the store is ready to serve: it can be reached and its schema is up to date. Defaults to yes.
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Marks a claim as the one suspect of its worker: should that die now, the crash counts in full.
    /// Returns whether the claim still stands. Any result takes the mark away.
    ///
    /// Defaults to `true` and no mark, for a store that counts each crash in full.
    async fn suspect(&self, _worker: WorkerId, _id: Uuid, _lease: i32) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// Takes back what a worker has [listed](LockClaims::list) and does not know of, by task and lease, once its locks are
    /// gone: others would make claims of it. Returns how many lists. Never while this worker lists anything.
    ///
    /// Defaults to none, for a store without lock-claims.
    async fn unlist_unknown(&self, _worker: WorkerId, _known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        Ok(0)
    }

    /// How many tasks of each type are in each state.
    ///
    /// Not offered by default.
    async fn count(&self) -> Result<Vec<Count>, StoreError> {
        Err(StoreError::NotOffered { verb: "count" })
    }

    /// Makes a failed or waiting task due now; returns whether there was one. It is not to be cancelled any more.
    ///
    /// Not offered by default.
    async fn retry(&self, _id: Uuid) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "retry" })
    }

    /// Does so for a batch of the failed tasks.
    ///
    /// Not offered by default.
    async fn retry_failed(&self, _batch: &RetryFailed<'_>) -> Result<RetriedFailed, StoreError> {
        Err(StoreError::NotOffered { verb: "retry_failed" })
    }

    /// Lets a waiting task become due at another time; returns whether there was one.
    ///
    /// Not offered by default.
    async fn reschedule(&self, _id: Uuid, _due: Due) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "reschedule" })
    }

    /// Gives a waiting task another priority; returns whether there was one.
    ///
    /// Not offered by default.
    async fn set_priority(&self, _id: Uuid, _priority: Priority) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "set_priority" })
    }

    /// Fails a waiting task for good; of a running one, writes down that it is to be
    /// [cancelled](Self::cancellations), and [notifies](crate::notify::Topic::Cancelled) its worker. Returns whether there was one of either.
    /// What was written down holds until the task is over: should it wait again, it fails.
    ///
    /// Not offered by default.
    async fn cancel(&self, _id: Uuid) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "cancel" })
    }

    /// The running tasks of this worker that are to be cancelled, with the lease of their claim.
    ///
    /// Defaults to none.
    async fn cancellations(&self, _worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
        Ok(Vec::new())
    }

    /// Gives out no tasks of this type until it is resumed; returns whether that is new.
    ///
    /// Not offered by default.
    async fn pause(&self, _task_type: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "pause" })
    }

    /// Ends a pause; returns whether there was one.
    ///
    /// Not offered by default.
    async fn resume(&self, _task_type: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "resume" })
    }

    /// Keeps a cron: inserts it with its first tick, changes it when its task or anything of its
    /// [`Cron`](crate::schedule::Cron) changed, and else leaves it alone. A paused one stays paused.
    ///
    /// Not offered by default.
    async fn sync_cron(&self, _cron: &NewCron) -> Result<SavedCron, StoreError> {
        Err(StoreError::NotOffered { verb: "sync_cron" })
    }

    /// The crons that need another tick.
    ///
    /// Defaults to none.
    async fn crons(&self) -> Result<Crons, StoreError> {
        Ok(Crons::default())
    }

    /// Inserts ticks unless another process has; returns whether it did.
    ///
    /// Not offered by default.
    async fn fire(&self, _tick: &Tick<'_>) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "fire" })
    }

    /// All crons, in the order of their names.
    ///
    /// Not offered by default.
    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        Err(StoreError::NotOffered { verb: "list_crons" })
    }

    /// Lets a cron tick no more until it is resumed, and takes out its waiting task; returns whether there
    /// was such a cron that ticked.
    ///
    /// Not offered by default.
    async fn pause_cron(&self, _name: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "pause_cron" })
    }

    /// Ends the pause of a cron. What it missed is for its [`Missed`](crate::schedule::Missed) policy to
    /// say. Returns whether there was such a pause.
    ///
    /// Not offered by default.
    async fn resume_cron(&self, _name: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "resume_cron" })
    }

    /// Inserts a task of a cron, due now and called `id`, even while the cron is paused; its ticks stay
    /// where they are. Returns whether there is such a cron. Repeating it with the same id changes nothing.
    ///
    /// Not offered by default.
    async fn run_cron(&self, _name: &str, _id: Uuid) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "run_cron" })
    }

    /// Removes crons and their waiting tasks; returns how many crons.
    ///
    /// Not offered by default.
    async fn remove_crons(&self, _removal: &CronRemoval) -> Result<u64, StoreError> {
        Err(StoreError::NotOffered { verb: "remove_crons" })
    }

    /// Wakes those whom announcements from other processes concern, without waiting for one; returns what it found,
    /// `None` when this store makes none. Called by the thread that beats, whenever something has arrived where the
    /// last call said, or often when it could not say. Defaults to `None`.
    async fn listen(&self) -> Result<Option<Heard>, StoreError> {
        Ok(None)
    }

    /// Its tables, if a transaction of the application can reach those. Defaults to `None`.
    fn tables(&self) -> Option<Tables> {
        None
    }

    /// One of the connections that can [hold](LockClaims) tasks, if the store has such; each number once in a pool.
    /// Defaults to `None`.
    fn lock_claims(&self, _slot: i16) -> Option<Box<dyn LockClaims>> {
        None
    }
}

/// A [`Store`] whose futures never block the thread that polls them: what pools of tokio tasks require.
///
/// Those in memory, those over an async driver and those with a thread of their own are; one that waits for a disk or a
/// network inside its futures must not say so, since it would hold up every task on that thread.
///
/// ```
/// use fang_core::memory::MemoryStore;
/// use fang_core::store::{NonBlocking, Store};
/// use std::sync::Arc;
/// let store: Arc<dyn NonBlocking> = Arc::new(MemoryStore::new(|| chrono::DateTime::UNIX_EPOCH));
/// // It fits wherever any store does.
/// let store: Arc<dyn Store> = store;
/// ```
pub trait NonBlocking: Store {}
