//! The traits that a task of an application implements: a serializable struct that can run.

use crate::backoff::{self, Backoff};
use crate::error::FangError;
use crate::payload::OwnType;
use crate::queueable::{AsyncQueueable, Queueable};
use crate::schedule::Scheduled;
use crate::task::{DEFAULT_TASK_TYPE, Priority};
use crate::unique::Unique;
use async_trait::async_trait;
use std::time::Duration;

/// How often a failed task is run again by default.
pub const DEFAULT_MAX_RETRIES: i32 = 20;

/// A light task: one for the async mode. It runs as a tokio task and uses no thread while it waits. It must
/// not block its thread: work that blocks or computes for long belongs in a heavy task, a [`Runnable`].
///
/// The name of the struct becomes the kind of the task. Two structs of a program must not have the same name,
/// unless one is renamed with `#[typetag::serde(name = "..")]`.
///
/// ```
/// use fang_core::{AsyncQueueable, AsyncRunnable, FangError, async_trait, typetag};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Greet {
///     name: String,
/// }
///
/// #[async_trait]
/// #[typetag::serde]
/// impl AsyncRunnable for Greet {
///     async fn run(&self, _queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
///         println!("Hello, {}!", self.name);
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no task of the async mode",
    label = "does not implement `fang::AsyncRunnable`",
    note = "a task of the blocking mode, which implements `fang::Runnable`, is inserted by `heavy(&task).insert()` of any queue",
    note = "what a function of `#[fang::task]` returns is inserted by `insert(task)` of any queue, in either mode"
)]
#[typetag::serde(tag = "type")]
#[async_trait]
pub trait AsyncRunnable: OwnType + Send + Sync {
    /// Does the work. `queue` can insert further tasks. Its [`context`](AsyncQueueable::context) describes
    /// this run.
    ///
    /// # Errors
    /// The reason why the run failed. The row of the task keeps it. The task runs again after its backoff,
    /// unless it has no retries left. A panic counts as an error too.
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError>;

    /// The task type, which other libraries call a queue name. Only pools that serve this type run the task.
    /// 1 to 255 bytes. Defaults to `"common"`.
    fn task_type(&self) -> String {
        DEFAULT_TASK_TYPE.to_owned()
    }

    /// How urgent the task is among the tasks of its type. Called at the insert;
    /// [`NewTask::priority`](crate::NewTask::priority) overrides it for one insert. Defaults to
    /// [`Priority::Normal`].
    fn priority(&self) -> Priority {
        Priority::default()
    }

    /// Whether the task is unique: while a task of the same kind and payload waits or runs, no other is
    /// inserted. Defaults to `false`. A `HashSet` in the payload never equals another: see
    /// [`Unique::payload`].
    fn uniq(&self) -> bool {
        false
    }

    /// How the task is unique: which tasks are its duplicates, how long they keep it out, and what an insert
    /// does if there is one. [`NewTask::unique_by`](crate::NewTask::unique_by) overrides it for one insert.
    /// Defaults to [`Unique::payload`] if [`uniq`](Self::uniq) is `true`, else to `None`: not unique.
    fn unique_by(&self) -> Option<Unique> {
        self.uniq().then(Unique::payload)
    }

    /// The schedule that `schedule_task` uses: once, or again and again by a [`Cron`](crate::schedule::Cron).
    /// It has no effect on inserts. Defaults to `None`: `schedule_task` then fails.
    fn cron(&self) -> Option<Scheduled> {
        None
    }

    /// How many times the task runs again after failures. Snoozed and interrupted runs do not count. Defaults
    /// to 20, so a task that always fails runs 21 times; 0 means never.
    fn max_retries(&self) -> i32 {
        DEFAULT_MAX_RETRIES
    }

    /// How long a run may take. A run that takes longer is dropped at its next `.await` and counts as failed.
    /// A run that never awaits cannot be dropped. Defaults to `None`: no limit.
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// How long after the instant at which it is due the task may begin. A task that no pool has claimed by then is not
    /// run: it fails for good, with an error that begins with `expired`. Retries, snoozed tasks, and tasks whose run
    /// was interrupted have begun and do not expire. Called at the insert;
    /// [`NewTask::expires`](crate::NewTask::expires) overrides it for one insert, and has more details. Defaults to
    /// `None`: never.
    fn expires(&self) -> Option<Duration> {
        None
    }

    /// How long the row of the task stays after the task has ended: finished, failed for good, or cancelled. This takes
    /// the place of the pool's `retention_mode` and `prune_after`. A pool removes such rows about once a minute.
    ///
    /// Called when a run ends. It has no effect on a task that ends without a run: one that was cancelled while it
    /// waited, whose process died too often, or whose payload cannot be decoded. Defaults to `None`: `retention_mode`
    /// and `prune_after` of the pool decide.
    fn keep(&self) -> Option<Duration> {
        None
    }

    /// How many seconds a failed task waits before its next run. `attempt` is the number of failures before
    /// this one: 0 after the first failure. Defaults to 2 to the power of `attempt` (1 s, 2 s, 4 s, ...), at
    /// most a day.
    fn backoff(&self, attempt: u32) -> u32 {
        backoff::exponential(attempt)
    }

    /// How long a failed task waits before its next run, as a [`Backoff`]: exponential, linear, constant or
    /// from a list, with jitter. If it is `Some`, [`backoff`](Self::backoff) is not asked. Defaults to
    /// `None`.
    fn backoff_policy(&self) -> Option<Backoff> {
        None
    }
}

/// A heavy task: one for the blocking mode. It runs on an OS thread and may block it.
///
/// The name of the struct becomes the kind of the task. Two structs of a program must not have the same name,
/// unless one is renamed with `#[typetag::serde(name = "..")]`.
///
/// ```
/// use fang_core::{FangError, Queueable, Runnable, typetag};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Resize {
///     image: String,
/// }
///
/// #[typetag::serde]
/// impl Runnable for Resize {
///     fn run(&self, _queue: &dyn Queueable) -> Result<(), FangError> {
///         println!("resizing {}", self.image);
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no task of the blocking mode",
    label = "does not implement `fang::Runnable`",
    note = "a task of the async mode, which implements `fang::AsyncRunnable`, is inserted by `light(&task).insert()` of any queue",
    note = "what a function of `#[fang::task]` returns is inserted by `insert(task)` of any queue, in either mode"
)]
#[typetag::serde(tag = "type")]
pub trait Runnable: OwnType + Send + Sync {
    /// Does the work. `queue` can insert further tasks. Its [`context`](Queueable::context) describes this
    /// run.
    ///
    /// # Errors
    /// The reason why the run failed. The row of the task keeps it. The task runs again after its backoff,
    /// unless it has no retries left. A panic counts as an error too.
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError>;

    /// The task type, which other libraries call a queue name. Only pools that serve this type run the task.
    /// 1 to 255 bytes. Defaults to `"common"`.
    fn task_type(&self) -> String {
        DEFAULT_TASK_TYPE.to_owned()
    }

    /// How urgent the task is among the tasks of its type. Called at the insert;
    /// [`NewTask::priority`](crate::NewTask::priority) overrides it for one insert. Defaults to
    /// [`Priority::Normal`].
    fn priority(&self) -> Priority {
        Priority::default()
    }

    /// Whether the task is unique: while a task of the same kind and payload waits or runs, no other is
    /// inserted. Defaults to `false`. A `HashSet` in the payload never equals another: see
    /// [`Unique::payload`].
    fn uniq(&self) -> bool {
        false
    }

    /// How the task is unique: which tasks are its duplicates, how long they keep it out, and what an insert
    /// does if there is one. [`NewTask::unique_by`](crate::NewTask::unique_by) overrides it for one insert.
    /// Defaults to [`Unique::payload`] if [`uniq`](Self::uniq) is `true`, else to `None`: not unique.
    fn unique_by(&self) -> Option<Unique> {
        self.uniq().then(Unique::payload)
    }

    /// The schedule that `schedule_task` uses: once, or again and again by a [`Cron`](crate::schedule::Cron).
    /// It has no effect on inserts. Defaults to `None`: `schedule_task` then fails.
    fn cron(&self) -> Option<Scheduled> {
        None
    }

    /// How many times the task runs again after failures. Snoozed and interrupted runs do not count. Defaults
    /// to 20, so a task that always fails runs 21 times; 0 means never.
    fn max_retries(&self) -> i32 {
        DEFAULT_MAX_RETRIES
    }

    /// How long a run may take. Defaults to `None`: no limit.
    ///
    /// A thread cannot be stopped. When a run takes longer, a warning is logged, the run is told through
    /// [`Context::is_cancelled`](crate::Context::is_cancelled), and a new thread takes over as its worker.
    /// The result of the run still counts, and the task does not run again before the run has ended. At most
    /// 16 threads of a pool, or as many as it has workers, are replaced at the same time.
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// How long after the instant at which it is due the task may begin. A task that no pool has claimed by then is not
    /// run: it fails for good, with an error that begins with `expired`. Retries, snoozed tasks, and tasks whose run
    /// was interrupted have begun and do not expire. Called at the insert;
    /// [`NewTask::expires`](crate::NewTask::expires) overrides it for one insert, and has more details. Defaults to
    /// `None`: never.
    fn expires(&self) -> Option<Duration> {
        None
    }

    /// How long the row of the task stays after the task has ended: finished, failed for good, or cancelled. This takes
    /// the place of the pool's `retention_mode` and `prune_after`. A pool removes such rows about once a minute.
    ///
    /// Called when a run ends. It has no effect on a task that ends without a run: one that was cancelled while it
    /// waited, whose process died too often, or whose payload cannot be decoded. Defaults to `None`: `retention_mode`
    /// and `prune_after` of the pool decide.
    fn keep(&self) -> Option<Duration> {
        None
    }

    /// How many seconds a failed task waits before its next run. `attempt` is the number of failures before
    /// this one: 0 after the first failure. Defaults to 2 to the power of `attempt` (1 s, 2 s, 4 s, ...), at
    /// most a day.
    fn backoff(&self, attempt: u32) -> u32 {
        backoff::exponential(attempt)
    }

    /// How long a failed task waits before its next run, as a [`Backoff`]: exponential, linear, constant or
    /// from a list, with jitter. If it is `Some`, [`backoff`](Self::backoff) is not asked. Defaults to
    /// `None`.
    fn backoff_policy(&self) -> Option<Backoff> {
        None
    }
}
