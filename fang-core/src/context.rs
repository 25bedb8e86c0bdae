//! The view that a running task has of its run.

mod port;
mod values;

pub use port::{RunPort, Wish};
pub use values::Values;

use crate::error::FangError;
use crate::kind;
use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use uuid::Uuid;

static NO_RUN: LazyLock<port::NoRun> = LazyLock::new(port::NoRun::default);

/// The run that a task is in. A task gets it from [`context`](crate::AsyncQueueable::context) of the queue that is
/// passed to `run`. It says which run this is and when to stop, gives access to the state of the pool, and can snooze
/// or cancel the task. Cheap to clone.
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

    /// The number of this run: 1 plus the number of runs that failed before. 0 outside of a run. Snoozed and
    /// interrupted runs do not count.
    pub fn attempt(&self) -> u32 {
        self.port().attempt()
    }

    /// The number of this claim of the task, counted from 1; 0 outside of a run. It grows with every run, so
    /// the id and this number together name one run.
    pub fn lease(&self) -> i32 {
        self.port().lease()
    }

    /// The task type of the task; empty outside of a run.
    pub fn task_type(&self) -> &str {
        self.port().task_type()
    }

    /// The kind of the task, as it was saved: the name of its function or struct, or one of its
    /// `aliases` if it was saved under that. Empty outside of a run.
    pub fn kind(&self) -> Cow<'_, str> {
        kind::name(self.payload()).unwrap_or_default()
    }

    /// The payload of the task, as JSON: its fields, and its kind as `type`. Empty outside of a run.
    pub fn payload(&self) -> &str {
        self.port().payload()
    }

    /// The header of this name, which was added to the task by [`NewTask::header`](crate::NewTask::header).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.port().header(name)
    }

    /// The instant at which the timeout of this run is over. `None` if the task has no timeout.
    pub fn deadline(&self) -> Option<Instant> {
        self.port().deadline()
    }

    /// The value of type `T` that was given to the pool with `.state(value)` of its builder. `None` if it has
    /// none.
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.port().values().get()
    }

    /// The same as [`state`](Self::state), with an error if the pool has no such value.
    ///
    /// # Errors
    /// A [`FangError`] that names the type, if the pool has no value of this type.
    pub fn require_state<T: Send + Sync + 'static>(&self) -> Result<&T, FangError> {
        self.state().ok_or_else(no_state::<T>)
    }

    /// Whether the run should end soon: its task was cancelled, its pool shuts down, or its timeout is over.
    /// A long task asks this from time to time. To go on later, it calls [`snooze`](Self::snooze) and
    /// returns; a task that was cancelled still does not run again. Always `false` outside of a run.
    pub fn is_cancelled(&self) -> bool {
        self.port().is_ending()
    }

    /// Waits until [`is_cancelled`](Self::is_cancelled) is true. For async tasks:
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

    /// Makes the task run again after `delay`, counted from the end of this run. It takes effect when `run`
    /// returns and replaces the result, even an error. No retry is charged.
    ///
    /// The last call of `snooze` or [`cancel`](Self::cancel) in a run counts. If the run panics, the panic
    /// counts instead. Outside of a run it has no effect.
    pub fn snooze(&self, delay: Duration) {
        self.port().wish_for(Wish::Snooze(delay));
    }

    /// Fails the task for good once this run returns, whatever it returns. The error message of the task
    /// becomes `cancelled: ` and `reason`. Outside of a run it has no effect.
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
