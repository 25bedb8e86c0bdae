//! Background processing on Postgres: tasks are functions or serializable structs, workers are tokio tasks or OS
//! threads.
//!
//! A program inserts a task, which becomes a row. A pool of workers, in the same process or another, claims the row and
//! runs the task. A task that fails is retried. If a process dies, another process runs its tasks.
//!
//! ```no_run
//! # #[cfg(feature = "asynk")]
//! # mod example {
//! use fang::{AsyncWorkerPool, MemoryQueue};
//!
//! #[fang::task]
//! async fn greet(name: String) {
//!     println!("Hello, {name}!");
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), fang::FangError> {
//!     let queue = MemoryQueue::new(); // or an `AsyncQueue`, in Postgres
//!     queue.insert(greet("Ada".to_string())).await?;
//!     let mut pool = AsyncWorkerPool::builder().number_of_workers(10).queue(queue).build();
//!     pool.run_until_signal().await?; // runs until Ctrl-C or SIGTERM
//!     Ok(())
//! }
//! # }
//! ```
//!
//! A task that fails is [logged](guide::events#the-log): install a logger, such as `env_logger`, to see it.
//!
//! The [`guide`] has a page for each thing to do. Begin with [`guide::getting_started_async`] or
//! [`guide::getting_started_blocking`].
//!
//! # The main items
//!
//! | | Async mode | Blocking mode |
//! |---|---|---|
//! | A task is a function of [`task`] | `async fn` | `fn` |
//! | or a struct that implements | [`AsyncRunnable`] | [`Runnable`] |
//! | The calls of a queue besides `insert` | [`AsyncQueueable`] | [`Queueable`] |
//! | A queue in Postgres | `AsyncQueue` | `Queue` |
//! | A queue in memory | `MemoryQueue` | `blocking::MemoryQueue` |
//! | A pool of workers | `AsyncWorkerPool` | `WorkerPool` |
//! | Several pools | `Pools` | `Pools` |
//!
//! [`NewTask`] is a task to insert, with its options. [`Task`](struct@Task) is a saved task. A task takes [`Run`] as an
//! argument to ask about its run, and [`State`] to use a value of the program. The module [`store`] is for programs
//! that keep tasks elsewhere than in Postgres.
//!
//! # Features
//!
//! | Feature | Default | Brings |
//! |---|---|---|
//! | `asynk` (also `asynk-postgres`) | yes | the async mode, over tokio-postgres |
//! | `blocking` (also `blocking-postgres`) | no | the blocking mode, over diesel; needs libpq |
//! | `migrations` (also `migrations-postgres`) | no | `run_migrations_postgres`, for a connection of diesel; turns `blocking` on |
//! | `derive-error` | yes | `#[derive(ToFangError)]`, for errors of your own |
//! | `rustls` | no | TLS for the async mode, by `asynk::Rustls` |
//! | `tracing` | no | a span around every run; the hooks `before_insert` and `on_span` link it to the trace of the insert |
//! | `metrics` | no | counters, gauges and histograms, by the crate [`metrics`](https://docs.rs/metrics) |
//! | `anyhow` | no | `?` on an `anyhow::Error` in the `run` of a task |
//! | `sqlx` | no | `insert_tasks_in_sqlx`: inserts within a transaction of sqlx 0.9; needs Rust 1.94 |
//! | `testing` | no | `testing`, for the tests of your program: assertions, drains (run all that is due), a clock to turn, Postgres schemas |
//! | `contract` | no | `contract`: the tests that a store of your own must pass |
//!
//! fang needs Rust 1.91 or newer, and PostgreSQL 14 or newer.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(no_inline)]
pub use chrono::{self, DateTime, Utc};
#[cfg(feature = "contract")]
pub use fang_core::contract;
pub use fang_core::middleware::{Middleware, MiddlewareBlocking, Next, NextBlocking};
pub use fang_core::{
    AsyncInsert, AsyncQueueable, AsyncRunnable, Backoff, Context, Cron, Declared, Failure, FangError,
    FangTaskState, Insert, Missed, Mode, NewTask, PayloadError, Perform, PerformBlocking, Priority,
    QueueError, Queueable, Replace, RetentionMode, Run, Runnable, ScheduleError, Scheduled, SleepParams,
    State, StoreError, Task, Unique,
};
#[doc(no_inline)]
pub use fang_core::{async_trait, typetag};
pub use fang_engine::{Event, Lease, PoolInfo, PoolMonitor, PoolStats, Shutdown, TaskInfo};
#[doc(no_inline)]
pub use serde::{self, Deserialize, Serialize};
#[doc(no_inline)]
pub use serde_json;
#[doc(no_inline)]
pub use uuid::{self, Uuid};

/// The name of [`QueueError`] in fang 0.5 to 0.11.
#[doc(no_inline)]
pub use fang_core::QueueError as AsyncQueueError;
pub use fang_core::new_task::Due;
pub use fang_core::store::{FailedTasks, Filter, Finding, Severity, Unreadable};

/// What a store of your own needs, and the types that queues and `Admin` share with stores.
///
/// Implement [`Store`](store::Store): fourteen of its verbs (methods) are required, and [`Offers`](store::Offers) says
/// which others a store has. If the futures of a store never block a thread, implement
/// [`NonBlocking`](store::NonBlocking) as well: the store then fits the pools of both modes. [`guide::own_store`] has
/// an example. With the feature `contract`, `fang::contract` has the tests that every store must pass.
///
/// A store that blocks the thread does not fit pools of tokio tasks. This does not compile:
///
#[cfg_attr(all(feature = "asynk", feature = "blocking"), doc = "```compile_fail,E0308")]
#[cfg_attr(not(all(feature = "asynk", feature = "blocking")), doc = "```text")]
/// use fang::{Backend, FangError, Queue, asynk};
/// fn over_diesel(queue: &Queue) -> Result<asynk::Handle, FangError> {
///     Ok(asynk::Handle::new(queue.engine()?))
/// }
/// ```
///
/// Pools of OS threads fit any store:
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
        Asked, Beat, By, CHANGE_BATCH, Capped, Change, ChangeMany, ChangeOutcome, Changed, Changes, Claim,
        Claimed, ClaimedTasks, Count, Counts, CronInfo, CronRemoval, Crons, Cursor, DbInstant, Depth, Disown,
        DueCron, ErrorGroup, ErrorGroups, FailedTasks, Feature, Filter, Finding, Findings, Finish, Heard,
        Histogram, InsertOutcome, Inserted, InvalidCursor, KindInfo, List, LockClaims, LockCommit,
        LockedTask, MAX_LOOK, MAX_PAGE, MAX_PAGE_BYTES, Matching, Minute, Minutes, NewCron, NonBlocking,
        Offers, Overview, PageRequest, Part, Pause, PausedType, Per, Place, Progress, Prune, Rate, ReadyLook,
        ReadyTypes, Removal, Report, ReportedBeat, Rescue, Rescued, RescuedTask, Running, RunningPage,
        SavedCron, SavedPayload, ScanRange, Severity, Socket, Store, TableSize, Tally, TaskPage, Tick,
        TypeInfo, Unreadable, Verdict, Walk, WorkerId, WorkerInfo, WorkerRow, WorkerState, micros,
    };
    pub use fang_core::task::read_metadata;
}

pub mod guide;

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The version of the tables that this program works with. It also works with the next version, so old and new programs
/// can share the tables during a deploy.
#[cfg(any(feature = "asynk", feature = "blocking"))]
pub const SCHEMA_VERSION: i32 = fang_postgres::migrations::VERSION;

/// For the code that `#[fang::task]` makes.
#[doc(hidden)]
pub mod __private {
    pub use fang_core::declaration::{Declaration, Need, Retries};
    pub use fang_core::function::{Outcome, is_argument, is_saved, new_task};
    pub use fang_core::inventory;
    pub use fang_core::task::DEFAULT_TASK_TYPE;
    pub use fang_core::version::{Version, upgraded};
}

/// Compiles the examples of the README.
#[cfg(all(doctest, feature = "asynk", feature = "blocking"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(unix, any(feature = "asynk", feature = "blocking")))]
mod pools;
#[cfg(all(unix, any(feature = "asynk", feature = "blocking")))]
pub use fang_engine::group::AnyPool;
#[cfg(all(unix, any(feature = "asynk", feature = "blocking")))]
pub use pools::Pools;

#[cfg(all(feature = "testing", any(feature = "asynk", feature = "blocking")))]
pub mod testing;

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
/// The modules under their names of fang 0.5 to 0.11.
#[cfg(feature = "blocking")]
#[doc(no_inline)]
pub use blocking::{queue, runnable, worker_pool};
/// Lets `?` turn an error of your own into a [`FangError`], whose description is the `Debug` text of the error:
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

/// Makes a task of a struct or an enum. Implement [`Perform`] or [`PerformBlocking`] for it, which does the work.
///
#[cfg_attr(feature = "asynk", doc = "```")]
#[cfg_attr(not(feature = "asynk"), doc = "```text")]
/// use fang::{MemoryQueue, Perform, Run};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, fang::Task)]
/// #[task(task_type = "mail", max_retries = 5)]
/// struct Greet {
///     name: String,
/// }
///
/// impl Perform for Greet {
///     type Error = String;
///
///     async fn perform(&self, run: &Run) -> Result<(), String> {
///         println!("Hello, {}, run {}!", self.name, run.attempt());
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), fang::FangError> {
/// let queue = MemoryQueue::new();
/// queue.insert(Greet { name: "Ada".to_string() }.into()).await?;
/// # Ok(()) }
/// ```
///
/// With the option `blocking`, it is a blocking task. `needs(Mailer)` names the values that it takes from its pool by
/// [`Context::require_state`] or [`Context::state`]: a pool that lacks one of them does not start. The other options
/// are those of [`task`]. With `version`, the derive also implements serde's traits: do not derive them yourself.
/// `into()` makes a [`NewTask`] of the struct.
pub use fang_macros::Task;

/// Makes a task of a function: an async task of an `async fn`, a blocking task of a `fn`.
///
#[cfg_attr(feature = "asynk", doc = "```")]
#[cfg_attr(not(feature = "asynk"), doc = "```text")]
/// use fang::{AsyncQueueable, MemoryQueue, Priority, Run, State};
///
/// struct Mailer {
///     sender: String,
/// }
///
/// /// Welcomes a user.
/// #[fang::task(task_type = "mail", max_retries = 5, timeout = "30s", backoff = "exponential(1s, max = 1h, jitter)")]
/// async fn welcome(user: i64, run: &Run, mailer: State<Mailer>) -> Result<(), String> {
///     println!("{} welcomes user {user}, run {}", mailer.sender, run.attempt());
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let queue = MemoryQueue::new();
/// queue.insert(welcome(7)).await?;
/// queue.insert(welcome(8).priority(Priority::High)).await?;
///
/// // A test calls the body:
/// let mailer = State::new(Mailer { sender: "hello@example.com".to_string() });
/// welcome::call(7, &queue.as_run(), mailer).await?;
/// # Ok(()) }
/// ```
///
/// The function is replaced by
/// - a function of its name that takes the saved arguments and returns a [`NewTask`];
/// - a type of its name with `call(..)`, which runs the body, and with `KIND`, the name of the kind.
///
/// [`guide::tasks`] describes arguments, results and options.
pub use fang_macros::task;
