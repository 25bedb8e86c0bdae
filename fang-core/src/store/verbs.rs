use super::{
    Beat, Cancellation, Claim, Claimed, Count, CronInfo, CronRemoval, Crons, Depth, Filter, Finish, Heard,
    Inserted, LockClaims, NewCron, Offers, Prune, Removal, Rescue, Rescued, RetriedFailed, RetryFailed,
    SavedCron, Tables, Tick, Unserved, WorkerId,
};
use crate::error::StoreError;
use crate::new_task::{Due, NewTask};
use crate::notify::Listeners;
use crate::task::{Priority, Task};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::time::Duration;
use uuid::Uuid;

/// A store of tasks, as queues and pools use it: fourteen required verbs (methods), and optional ones.
///
/// The optional verbs have defaults. A verb that only a program calls fails by default with
/// [`StoreError::NotOffered`]. A verb that pools call by themselves does nothing by default.
/// [`offers`](Self::offers) says which features a store has.
///
/// Every verb fails with [`StoreError`], whose [`nature`](StoreError::nature) says whether trying again can
/// help.
///
/// A verb may block the thread that polls its future, as a verb over diesel does. Such a store fits the
/// blocking mode only. A store that never blocks is [`NonBlocking`] too and fits both modes. No pool drops a
/// future before it is ready, so a verb need not be safe to cancel.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The features besides the required verbs. Defaults to none.
    fn offers(&self) -> Offers {
        Offers::none()
    }

    /// Returns the current time, by the clock that decides which tasks are due.
    async fn now(&self) -> Result<DateTime<Utc>, StoreError>;

    /// Saves tasks, all or none, and returns an answer for each, in the same order. Queues pass at most
    /// 10,000 tasks (1,000 if one of them is unique) and 8 MiB of payload in one call. A task whose id exists
    /// already was saved by an earlier call and counts as new. Fails with [`StoreError::NotUnique`] if a task
    /// that is unique with [`or_error`](crate::Unique::or_error) has a duplicate.
    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError>;

    /// Claims due tasks for a worker, so that no other worker gets them. Returns them in any order; the pool
    /// sorts them.
    async fn claim(&self, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError>;

    /// Saves the results whose claims still stand, and returns how many. The other results came too late, and
    /// the store must drop them.
    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError>;

    /// Releases all claims of a worker except those in `known`, a list of task ids and leases. The answers to
    /// these claims were lost, so their tasks run nowhere. No retry is charged. The tasks no longer
    /// [expire](crate::NewTask::expires). Returns how many claims were
    /// released. A pool does not call it while one of its claims is under way.
    async fn disown(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError>;

    /// Releases the claims of a worker that stops, except those in `known`. Only the heart of its pool calls this; a
    /// store with a connection for the heart should use that one, since tasks may hold up all others. Defaults to
    /// [`disown`](Self::disown).
    async fn disown_by_heart(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        self.disown(worker, known).await
    }

    /// Adds a worker with a new id, alive from now. `info` is JSON that describes it, for people to read and for
    /// [`unserved`](Self::unserved): `mode` is `"asynk"` or `"blocking"`, and `task_types` is the list of the
    /// task types that the worker serves.
    async fn register(&self, info: &str) -> Result<WorkerId, StoreError>;

    /// Notes that a worker is alive. `lease` is how long a worker may be silent before it counts as dead.
    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Beat, StoreError>;

    /// Marks a worker as dead, since its pool has stopped. Tasks that are still claimed by it may be rescued
    /// at once.
    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError>;

    /// Declares silent workers dead, and takes back the tasks whose worker is dead or gone: they become due
    /// again, or fail after too many crashes. They no longer [expire](crate::NewTask::expires). Any process may call it at any time, also twice.
    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError>;

    /// Removes old finished and failed tasks, those that were [kept](Finish::keep) for their time, periods that are over, and workers that died an hour ago and
    /// have no claimed tasks. Returns how many tasks and periods were removed.
    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError>;

    /// Returns the task with this id, or `None` if there is no such row.
    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError>;

    /// Returns the tasks that match the filter, the newest first.
    async fn list(&self, filter: &Filter) -> Result<Vec<Task>, StoreError>;

    /// Removes tasks, also those that run. Returns how many.
    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError>;

    /// Returns the listeners of this process. The store must [notify](Listeners::notify) them of its changes:
    /// new tasks, cancellations, changed crons.
    fn listeners(&self) -> &Listeners;

    /// Checks that the store is ready: it can be reached and its tables are up to date. A pool calls it when
    /// it starts. Defaults to `Ok`.
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Returns the version of the tables. Defaults to `None`: the store has no tables that are migrated.
    async fn schema_version(&self) -> Result<Option<i32>, StoreError> {
        Ok(None)
    }

    /// Marks a claim as a suspect: its task may kill its process, and runs alone in this process for that
    /// reason. If the worker dies now, this crash counts in full, so the task fails at `max_crashes`. Returns
    /// whether the claim still stands. Any result removes the mark.
    ///
    /// Defaults to `true` without a mark, for a store that counts each crash of every task in full.
    async fn suspect(&self, _worker: WorkerId, _id: Uuid, _lease: i32) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// Removes those lists of a worker (see [`LockClaims::list`]) that name a task which is not in `known`, a
    /// list of task ids and leases, and whose locks are gone. Such a list would make other workers write
    /// claims of its tasks in the name of this worker. Returns how many lists were removed. A pool does not
    /// call it while it lists tasks.
    ///
    /// Defaults to none, for a store without lock-claims.
    async fn unlist_unknown(&self, _worker: WorkerId, _known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        Ok(0)
    }

    /// Finds the task types with tasks of a mode that have been due for over a minute, while no worker of this
    /// mode has served the type for a minute. Tasks of [`Mode::Any`](crate::Mode::Any) can be served by workers
    /// of either mode. Paused types do not count. It looks at no more than `limit` of the types with waiting
    /// tasks, beginning with `from`, in an order of its own that begins with the empty name. A pool calls it
    /// about once a minute and logs what it finds.
    ///
    /// Defaults to none.
    async fn unserved(&self, _from: &str, _limit: u32) -> Result<Unserved, StoreError> {
        Ok(Unserved::default())
    }

    /// Counts the tasks of each task type in each state.
    ///
    /// Not offered by default.
    async fn count(&self) -> Result<Vec<Count>, StoreError> {
        Err(StoreError::NotOffered { verb: "count" })
    }

    /// Counts the tasks that wait, and those that are due, of this task type, or of each type that has any: of the
    /// first [`Depth::TASK_TYPES`] types, ordered by name. Must be quick however many tasks there are: counting
    /// stops as [`Capped`](super::Capped) says. Of a type without tasks it may return nothing.
    ///
    /// Not offered by default.
    async fn depths(&self, _task_type: Option<&str>) -> Result<Vec<Depth>, StoreError> {
        Err(StoreError::NotOffered { verb: "depths" })
    }

    /// Makes a failed task due now with all its retries, or a waiting task due now, and ends its
    /// cancellation. It no longer [expires](crate::NewTask::expires). Returns whether it did. A failed unique task stays failed while a duplicate of it waits
    /// or runs.
    ///
    /// Not offered by default.
    async fn retry(&self, _id: Uuid) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "retry" })
    }

    /// Makes a batch of failed tasks due now, each as [`retry`](Self::retry) does.
    ///
    /// Not offered by default.
    async fn retry_failed(&self, _batch: &RetryFailed<'_>) -> Result<RetriedFailed, StoreError> {
        Err(StoreError::NotOffered { verb: "retry_failed" })
    }

    /// Changes when a waiting task becomes due. The instant at which it [expires](crate::NewTask::expires) moves by as
    /// much. Returns whether it waited.
    ///
    /// Not offered by default.
    async fn reschedule(&self, _id: Uuid, _due: Due) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "reschedule" })
    }

    /// Changes the priority of a waiting task. Returns whether it waited.
    ///
    /// Not offered by default.
    async fn set_priority(&self, _id: Uuid, _priority: Priority) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "set_priority" })
    }

    /// Cancels a task. A waiting task fails for good, with the error `cancelled`. A running task is added to
    /// the [cancellations](Self::cancellations), and its worker is
    /// [notified](crate::notify::Topic::Cancelled). A cancellation
    /// lasts until the task has ended: if the task waits again instead, it fails.
    ///
    /// Not offered by default.
    async fn cancel(&self, _id: Uuid) -> Result<Cancellation, StoreError> {
        Err(StoreError::NotOffered { verb: "cancel" })
    }

    /// Returns the running tasks of this worker that are to be cancelled, each with the lease of its claim.
    /// Also fails cancelled tasks that wait again, of any worker.
    ///
    /// Defaults to none.
    async fn cancellations(&self, _worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
        Ok(Vec::new())
    }

    /// Pauses a task type: [`claim`](Self::claim) returns no tasks of it until it is resumed. Returns `false`
    /// if it was paused already.
    ///
    /// Not offered by default.
    async fn pause(&self, _task_type: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "pause" })
    }

    /// Ends the pause of a task type. Returns `false` if it was not paused.
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

    /// Returns the crons that need another tick. Paused crons need none.
    ///
    /// Defaults to none.
    async fn crons(&self) -> Result<Crons, StoreError> {
        Ok(Crons::default())
    }

    /// Inserts ticks, unless another process has inserted them already or the cron is paused or gone. Returns
    /// whether it did.
    ///
    /// Not offered by default.
    async fn fire(&self, _tick: &Tick<'_>) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "fire" })
    }

    /// Returns all crons, ordered by name.
    ///
    /// Not offered by default.
    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        Err(StoreError::NotOffered { verb: "list_crons" })
    }

    /// Stops the ticks of a cron until it is resumed, and removes its waiting task. Returns `false` if there
    /// is no such cron or it was paused already.
    ///
    /// Not offered by default.
    async fn pause_cron(&self, _name: &str) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "pause_cron" })
    }

    /// Ends the pause of a cron. Its [`Missed`](crate::schedule::Missed) policy decides about the ticks that
    /// the pause missed. Returns `false` if it was not paused.
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

    /// Moves every saved instant back by this much, as if that time had passed, in one transaction. The clock of the
    /// store still decides what is due. For tests: `fang::testing` turns the time of a queue with it.
    ///
    /// Not offered by default.
    async fn turn(&self, _by: Duration) -> Result<(), StoreError> {
        Err(StoreError::NotOffered { verb: "turn" })
    }

    /// Passes the notifications that other processes have sent on to the listeners, without waiting for more.
    /// Returns how many there were, or `None` for a store without such notifications. A pool calls it
    /// whenever something arrives on the socket of the last answer, or often if that answer had no socket.
    /// Defaults to `None`.
    async fn listen(&self) -> Result<Option<Heard>, StoreError> {
        Ok(None)
    }

    /// Returns the tables of the store, if a transaction of the program can write to them: `finish_in` needs
    /// them. Defaults to `None`.
    fn tables(&self) -> Option<Tables> {
        None
    }

    /// Returns a connection for [lock-claims](LockClaims), if the store has them. A pool calls it once for
    /// each of its slots, 0 and 1. Defaults to `None`.
    fn lock_claims(&self, _slot: i16) -> Option<Box<dyn LockClaims>> {
        None
    }
}

/// A [`Store`] whose futures never block the thread that polls them. The pools of the async mode require it.
///
/// A store in memory, over an async driver, or with a thread of its own can implement it. A store that blocks
/// its thread while it waits for a disk or a network must not, since it would block every other tokio task on
/// that thread.
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
