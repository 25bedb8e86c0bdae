//! The view that a running task has of its run.

mod port;
mod values;

pub use port::{RunPort, Wish};
pub use values::Values;

use crate::error::FangError;
use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use uuid::Uuid;

static NO_RUN: LazyLock<port::NoRun> = LazyLock::new(port::NoRun::default);

/// One run of one task, as seen by the task. Cheap to clone.
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

    /// The number of this run, counted from 1; 0 outside of a run.
    pub fn attempt(&self) -> u32 {
        self.port().attempt()
    }

    /// The number of this claim of the task. Together with the id it identifies this run.
    pub fn lease(&self) -> i32 {
        self.port().lease()
    }

    /// The task type of the task; empty outside of a run.
    pub fn task_type(&self) -> &str {
        self.port().task_type()
    }

    /// The instant at which the timeout of this run ends; `None` without a timeout.
    pub fn deadline(&self) -> Option<Instant> {
        self.port().deadline()
    }

    /// The application's value of type `T`, if the pool was given one.
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.port().values().get()
    }

    /// The application's value of type `T`, for a task that needs it.
    ///
    /// # Errors
    /// An error that names the type, when the pool has no such value: add `.state(value)` to its builder.
    pub fn require_state<T: Send + Sync + 'static>(&self) -> Result<&T, FangError> {
        self.state().ok_or_else(no_state::<T>)
    }

    /// Whether the run should end: its task was cancelled, its pool shuts down, or its timeout has passed. A
    /// long task checks this from time to time, and [`snooze`](Self::snooze)s to continue later. A cancelled
    /// task is not snoozed.
    pub fn is_cancelled(&self) -> bool {
        self.port().is_ending()
    }

    /// Waits until the run should end. For async tasks:
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

    /// Runs the task again after `delay`, counted from the end of this run. No retry is charged.
    pub fn snooze(&self, delay: Duration) {
        self.port().wish_for(Wish::Snooze(delay));
    }

    /// Fails the task for good, once this run has returned.
    pub fn cancel(&self, reason: impl Into<String>) {
        self.port().wish_for(Wish::Cancel(reason.into()));
    }
}

/// The error of a run whose pool was not given a value of type `T`.
pub(crate) fn no_state<T>() -> FangError {
    let name = std::any::type_name::<T>();
    FangError::new(format!("the pool has no state of type {name}; add `.state(value)` to its builder"))
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
