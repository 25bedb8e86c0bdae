#![doc = include_str!("../README.md")]

#[doc(no_inline)]
pub use chrono::{self, DateTime, Utc};
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

pub use fang_core::new_task::Due;
pub use fang_core::store::{FailedTasks, Filter};

/// What the authors of stores and of tools work with.
pub mod store {
    pub use fang_core::memory::MemoryStore;
    pub use fang_core::store::{
        Beat, CRONS, Claim, Claimed, Count, CronInfo, CronRemoval, Crons, DbInstant, DueCron, FailedTasks,
        Feature, Filter, Finish, InsertOutcome, Inserted, Lane, NewCron, NonBlocking, Offers, Prune, Removal,
        Rescue, Rescued, RetriedFailed, RetryFailed, SavedCron, Store, Tick, Verdict, WorkerId,
        cancellations_of, micros,
    };
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
#[cfg(feature = "derive-error")]
pub use fang_macros::ToFangError;
