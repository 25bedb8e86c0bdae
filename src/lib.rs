#![doc = include_str!("../README.md")]

#[doc(no_inline)]
pub use chrono::{self, DateTime, Utc};
#[cfg(feature = "contract")]
pub use fang_core::contract;
pub use fang_core::{
    AsyncInsert, AsyncQueueable, AsyncRunnable, Backoff, Context, Cron, Failure, FangError, FangTaskState,
    Insert, Missed, Mode, NewTask, PayloadError, Priority, QueueError, Queueable, Replace, RetentionMode,
    Runnable, ScheduleError, Scheduled, SleepParams, StoreError, Task, Unique,
};
#[doc(no_inline)]
pub use fang_core::{async_trait, typetag};
pub use fang_engine::{Lease, Shutdown};
#[doc(no_inline)]
pub use serde::{self, Deserialize, Serialize};
#[doc(no_inline)]
pub use uuid::{self, Uuid};

pub use fang_core::new_task::Due;
pub use fang_core::store::{FailedTasks, Filter};

/// What the authors of stores and of tools work with.
///
/// Implement [`Store`](store::Store): fourteen verbs are required, [`Offers`](store::Offers) says which of the others there
/// are. One whose futures never block a thread is [`NonBlocking`](store::NonBlocking) as well, and fits both kinds of
/// pools. `tests/own_store.rs` in the repository is an example of some 450 lines.
///
/// With the feature `contract`, [`contract`] has the scenarios that every store must pass, for its tests.
///
/// A store whose verbs block does not fit pools of tokio tasks, and the compiler says so:
///
#[cfg_attr(all(feature = "asynk", feature = "blocking"), doc = "```compile_fail,E0308")]
#[cfg_attr(not(all(feature = "asynk", feature = "blocking")), doc = "```text")]
/// use fang::{Backend, FangError, Queue, asynk};
/// fn over_diesel(queue: &Queue) -> Result<asynk::Handle, FangError> {
///     Ok(asynk::Handle::new(queue.engine()?))
/// }
/// ```
///
/// Threads may block, so there any store fits:
///
#[cfg_attr(all(feature = "asynk", feature = "blocking"), doc = "```")]
#[cfg_attr(not(all(feature = "asynk", feature = "blocking")), doc = "```text")]
/// use fang::{AsyncBackend, Backend, FangError, MemoryQueue, Queue, blocking};
/// fn over_diesel(queue: &Queue) -> Result<blocking::Handle, FangError> {
///     Ok(blocking::Handle::new(queue.engine()?))
/// }
/// fn in_memory(queue: &MemoryQueue) -> Result<blocking::Handle, FangError> {
///     Ok(blocking::Handle::new(AsyncBackend::engine(queue)?))
/// }
/// ```
pub mod store {
    pub use fang_core::failure::MAX_FAILURES;
    pub use fang_core::memory::MemoryStore;
    pub use fang_core::new_task::NewRow;
    pub use fang_core::notify::{Listeners, Notice, Topic};
    pub use fang_core::store::{
        Beat, Claim, Claimed, Count, CronInfo, CronRemoval, Crons, DbInstant, DueCron, FailedTasks, Feature,
        Filter, Finish, Heard, InsertOutcome, Inserted, LockClaims, LockCommit, LockedTask, NewCron,
        NonBlocking, Offers, Place, Prune, Removal, Rescue, Rescued, RetriedFailed, RetryFailed, SavedCron,
        ScanRange, Socket, Store, Tick, Verdict, WorkerId, micros,
    };
    pub use fang_core::task::read_metadata;
}

#[cfg(feature = "asynk")]
pub mod asynk;

#[cfg(feature = "asynk")]
pub use asynk::{AsyncBackend, AsyncFinishIn, AsyncQueue, AsyncWorkerPool, MemoryQueue, NoTls};
#[cfg(feature = "blocking")]
pub mod blocking;

#[cfg(feature = "migrations")]
pub use fang_blocking::run_migrations_postgres;

#[cfg(feature = "blocking")]
pub use blocking::{Backend, FinishIn, PgConnection, Queue, WorkerPool};
/// Turns an error of your own into a [`FangError`]:
///
/// ```
/// use fang::{FangError, ToFangError};
///
/// #[derive(Debug, ToFangError)]
/// enum MailError {
///     Refused { code: u16 },
/// }
///
/// fn send() -> Result<(), MailError> {
///     Err(MailError::Refused { code: 550 })
/// }
///
/// fn run() -> Result<(), FangError> {
///     send()?;
///     Ok(())
/// }
///
/// assert_eq!(run().unwrap_err().description, "Refused { code: 550 }");
/// ```
#[cfg(feature = "derive-error")]
pub use fang_macros::ToFangError;
