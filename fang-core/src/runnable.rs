//! What a task is to the application: a serializable struct that can run.

use crate::backoff::{self, Backoff};
use crate::error::FangError;
use crate::queueable::{AsyncQueueable, Queueable};
use crate::schedule::Scheduled;
use crate::task::DEFAULT_TASK_TYPE;
use crate::unique::Unique;
use async_trait::async_trait;
use std::time::Duration;

/// How often a failed task is run again, unless it says otherwise.
pub const DEFAULT_MAX_RETRIES: i32 = 20;

/// A light task: it runs as a tokio task and waits without holding a thread.
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
    /// The work. `queue` inserts further tasks and tells about this run through
    /// [`context`](AsyncQueueable::context).
    ///
    /// # Errors
    /// Whatever made the run fail: the task is retried, and the description kept on its row.
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError>;

    /// The task type, which others call a queue name: each pool serves one or several. Defaults to `"common"`.
    fn task_type(&self) -> String {
        DEFAULT_TASK_TYPE.to_owned()
    }

    /// Whether only one task of the same kind and payload may be alive. Defaults to `false`.
    fn uniq(&self) -> bool {
        false
    }

    /// How it is unique: by its payload, some of its fields or a key; while another is alive, until that
    /// is started or within a period; and what becomes of the other one. An insert may choose otherwise.
    /// Defaults to what [`uniq`](Self::uniq) says: by its payload while another is alive, or not at all.
    fn unique_by(&self) -> Option<Unique> {
        self.uniq().then(Unique::payload)
    }

    /// When `schedule_task` runs it: once, or again and again, for which see
    /// [`Cron`](crate::schedule::Cron). Defaults to `None`: it is only ever inserted.
    fn cron(&self) -> Option<Scheduled> {
        None
    }

    /// How often it is run again after a failure. Defaults to 20; 0 means never.
    fn max_retries(&self) -> i32 {
        DEFAULT_MAX_RETRIES
    }

    /// How long a run may take; then it is dropped where it waits, and has failed. Defaults to `None`:
    /// as long as it takes. A run that never waits cannot be dropped.
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// Seconds to wait before the next run, after `attempt` earlier retries.
    /// Defaults to 2^`attempt`, at most a day.
    fn backoff(&self, attempt: u32) -> u32 {
        backoff::exponential(attempt)
    }

    /// How long to wait before the next run, by a policy: linear, from a list, with jitter. Defaults to
    /// `None`: as [`backoff`](Self::backoff) says.
    fn backoff_policy(&self) -> Option<Backoff> {
        None
    }
}

/// A heavy task: it runs on an OS thread of its own and may block it.
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
    /// The work. `queue` inserts further tasks and tells about this run through
    /// [`context`](Queueable::context).
    ///
    /// # Errors
    /// Whatever made the run fail: the task is retried, and the description kept on its row.
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError>;

    /// The task type, which others call a queue name: each pool serves one or several. Defaults to `"common"`.
    fn task_type(&self) -> String {
        DEFAULT_TASK_TYPE.to_owned()
    }

    /// Whether only one task of the same kind and payload may be alive. Defaults to `false`.
    fn uniq(&self) -> bool {
        false
    }

    /// How it is unique: by its payload, some of its fields or a key; while another is alive, until that
    /// is started or within a period; and what becomes of the other one. An insert may choose otherwise.
    /// Defaults to what [`uniq`](Self::uniq) says: by its payload while another is alive, or not at all.
    fn unique_by(&self) -> Option<Unique> {
        self.uniq().then(Unique::payload)
    }

    /// When `schedule_task` runs it: once, or again and again, for which see
    /// [`Cron`](crate::schedule::Cron). Defaults to `None`: it is only ever inserted.
    fn cron(&self) -> Option<Scheduled> {
        None
    }

    /// How often it is run again after a failure. Defaults to 20; 0 means never.
    fn max_retries(&self) -> i32 {
        DEFAULT_MAX_RETRIES
    }

    /// How long a run may take. Defaults to `None`: as long as it takes. A thread cannot be stopped:
    /// one that takes longer is reported, [told](crate::Context::is_cancelled), and replaced by
    /// another; how it ends in the end counts.
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// Seconds to wait before the next run, after `attempt` earlier retries.
    /// Defaults to 2^`attempt`, at most a day.
    fn backoff(&self, attempt: u32) -> u32 {
        backoff::exponential(attempt)
    }

    /// How long to wait before the next run, by a policy: linear, from a list, with jitter. Defaults to
    /// `None`: as [`backoff`](Self::backoff) says.
    fn backoff_policy(&self) -> Option<Backoff> {
        None
    }
}
