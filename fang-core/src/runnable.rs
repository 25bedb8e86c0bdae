//! The traits that a task of an application implements: a serializable struct that can run.

use crate::backoff::{self, Backoff};
use crate::error::FangError;
use crate::queueable::{AsyncQueueable, Queueable};
use crate::schedule::Scheduled;
use crate::task::DEFAULT_TASK_TYPE;
use crate::unique::Unique;
use async_trait::async_trait;
use std::time::Duration;

/// How often a failed task is run again by default.
pub const DEFAULT_MAX_RETRIES: i32 = 20;

/// A light task. It runs as a tokio task and uses no thread while it waits.
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
#[typetag::serde(tag = "type")]
#[async_trait]
pub trait AsyncRunnable: Send + Sync {
    /// Does the work. `queue` inserts further tasks, and describes this run through
    /// [`context`](AsyncQueueable::context).
    ///
    /// # Errors
    /// The reason why the run failed. The task is retried, and the description is kept on its row.
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError>;

    /// The task type, which other libraries call a queue name. Each pool serves one or several. Defaults to
    /// `"common"`.
    fn task_type(&self) -> String {
        DEFAULT_TASK_TYPE.to_owned()
    }

    /// Whether only one task of the same kind and payload may be alive, which is to wait or run. Defaults to
    /// `false`. A `HashSet` in the payload never equals another: see [`Unique::payload`].
    fn uniq(&self) -> bool {
        false
    }

    /// How the task is unique: which tasks are its duplicates, for how long they keep it out, and whether it
    /// replaces something of a duplicate. An insert may choose otherwise. Defaults to [`Unique::payload`]
    /// when [`uniq`](Self::uniq) is `true`, else to `None`.
    fn unique_by(&self) -> Option<Unique> {
        self.uniq().then(Unique::payload)
    }

    /// When `schedule_task` runs the task: once, or again and again. See [`Cron`](crate::schedule::Cron).
    /// Defaults to `None`: `schedule_task` fails, and the task can only be inserted.
    fn cron(&self) -> Option<Scheduled> {
        None
    }

    /// How often the task is run again after a failure. Defaults to 20; 0 means never.
    fn max_retries(&self) -> i32 {
        DEFAULT_MAX_RETRIES
    }

    /// How long a run may take. After that, the run is dropped at its next `.await`, and has failed. A run
    /// that never awaits cannot be dropped. Defaults to `None`: no limit.
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// Seconds to wait before the next run, after `attempt` earlier retries. Defaults to 2^`attempt`, at most
    /// a day.
    fn backoff(&self, attempt: u32) -> u32 {
        backoff::exponential(attempt)
    }

    /// How long to wait before the next run, by a policy: linear, from a list, with jitter. Takes precedence
    /// over [`backoff`](Self::backoff). Defaults to `None`: `backoff` decides.
    fn backoff_policy(&self) -> Option<Backoff> {
        None
    }
}

/// A heavy task. It runs on an OS thread and may block it.
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
#[typetag::serde(tag = "type")]
pub trait Runnable: Send + Sync {
    /// Does the work. `queue` inserts further tasks, and describes this run through
    /// [`context`](Queueable::context).
    ///
    /// # Errors
    /// The reason why the run failed. The task is retried, and the description is kept on its row.
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError>;

    /// The task type, which other libraries call a queue name. Each pool serves one or several. Defaults to
    /// `"common"`.
    fn task_type(&self) -> String {
        DEFAULT_TASK_TYPE.to_owned()
    }

    /// Whether only one task of the same kind and payload may be alive, which is to wait or run. Defaults to
    /// `false`. A `HashSet` in the payload never equals another: see [`Unique::payload`].
    fn uniq(&self) -> bool {
        false
    }

    /// How the task is unique: which tasks are its duplicates, for how long they keep it out, and whether it
    /// replaces something of a duplicate. An insert may choose otherwise. Defaults to [`Unique::payload`]
    /// when [`uniq`](Self::uniq) is `true`, else to `None`.
    fn unique_by(&self) -> Option<Unique> {
        self.uniq().then(Unique::payload)
    }

    /// When `schedule_task` runs the task: once, or again and again. See [`Cron`](crate::schedule::Cron).
    /// Defaults to `None`: `schedule_task` fails, and the task can only be inserted.
    fn cron(&self) -> Option<Scheduled> {
        None
    }

    /// How often the task is run again after a failure. Defaults to 20; 0 means never.
    fn max_retries(&self) -> i32 {
        DEFAULT_MAX_RETRIES
    }

    /// How long a run may take. Defaults to `None`: no limit. A thread cannot be stopped. When a run takes
    /// longer, that is logged, the run is [told to end](crate::Context::is_cancelled), and another thread
    /// takes over the place of its worker. The result of the run still counts.
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// Seconds to wait before the next run, after `attempt` earlier retries. Defaults to 2^`attempt`, at most
    /// a day.
    fn backoff(&self, attempt: u32) -> u32 {
        backoff::exponential(attempt)
    }

    /// How long to wait before the next run, by a policy: linear, from a list, with jitter. Takes precedence
    /// over [`backoff`](Self::backoff). Defaults to `None`: `backoff` decides.
    fn backoff_policy(&self) -> Option<Backoff> {
        None
    }
}
