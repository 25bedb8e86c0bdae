//! What a running task may know and wish.

mod port;
mod state;

pub use port::{RunPort, Wish};
pub use state::State;

use crate::error::FangError;
use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use uuid::Uuid;

static NO_RUN: LazyLock<port::NoRun> = LazyLock::new(port::NoRun::default);

/// One run of one task, as seen from inside. Cheap to clone.
#[derive(Clone, Default)]
pub struct Context {
    /// `None` outside of a run.
    port: Option<Arc<dyn RunPort>>,
}

impl Context {
    /// The context of the run behind this port. For the engine.
    #[doc(hidden)]
    pub fn new(port: Arc<dyn RunPort>) -> Self {
        Self { port: Some(port) }
    }

    /// The run as the engine and the drivers know it.
    #[doc(hidden)]
    pub fn port(&self) -> &dyn RunPort {
        self.port.as_deref().unwrap_or(&*NO_RUN)
    }

    /// The id of the task; nil outside of a run.
    pub fn id(&self) -> Uuid {
        self.port().id()
    }

    /// Which run this is, counted from 1; 0 outside of a run.
    pub fn attempt(&self) -> u32 {
        self.port().attempt()
    }

    /// How often the task was ever claimed: together with the id it names this run.
    pub fn lease(&self) -> i32 {
        self.port().lease()
    }

    /// The task type of the task; empty outside of a run.
    pub fn task_type(&self) -> &str {
        self.port().task_type()
    }

    /// By when this run has to end, if its task has a timeout.
    pub fn deadline(&self) -> Option<Instant> {
        self.port().deadline()
    }

    /// The application's value of type `T`, if the pool was given one.
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.port().state().get()
    }

    /// The application's value of type `T`, for a task that cannot do without.
    ///
    /// # Errors
    /// An error that names the type, when the pool was not given one: add `.state(value)` to it.
    pub fn require_state<T: Send + Sync + 'static>(&self) -> Result<&T, FangError> {
        self.state().ok_or_else(|| {
            let name = std::any::type_name::<T>();
            FangError::new(format!(
                "the pool has no state of type {name}; add `.state(value)` to its builder"
            ))
        })
    }

    /// Whether the run should come to an end: its task was cancelled, its pool is shutting down, or its time is
    /// over. A long task looks now and then, and [`snooze`](Self::snooze)s to go on later. A task that was cancelled
    /// is not snoozed.
    pub fn is_cancelled(&self) -> bool {
        self.port().is_ending()
    }

    /// Waits until the run should come to an end, for an async task:
    ///
    /// ```
    /// # use fang_core::{AsyncQueueable, FangError};
    /// # async fn work() {}
    /// # async fn run(queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
    /// use futures_util::future::{Either, select};
    /// let cancelled = std::pin::pin!(queue.context().cancelled());
    /// match select(cancelled, std::pin::pin!(work())).await {
    ///     Either::Left(_) => Err(FangError::new("half done")),
    ///     Either::Right(_) => Ok(()),
    /// }
    /// # }
    /// ```
    pub async fn cancelled(&self) {
        self.port().ending().await;
    }

    /// Once this run has returned, runs the task again after `delay`; no retry is charged.
    pub fn snooze(&self, delay: Duration) {
        self.port().wish_for(Wish::Snooze(delay));
    }

    /// Once this run has returned, fails the task for good.
    pub fn cancel(&self, reason: impl Into<String>) {
        self.port().wish_for(Wish::Cancel(reason.into()));
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("id", &self.id())
            .field("attempt", &self.attempt())
            .field("lease", &self.lease())
            .field("task_type", &self.task_type())
            .finish_non_exhaustive()
    }
}
