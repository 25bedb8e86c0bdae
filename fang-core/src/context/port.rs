use super::Values;
use std::any::Any;
use std::pin::Pin;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The outcome that a task asks for, in place of the result of its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Run again after a delay, without charging a retry.
    Snooze(Duration),
    /// Fail for good, with this reason.
    Cancel(String),
}

/// The run behind a [`Context`](super::Context), as the engine provides it.
///
/// The engine implements it. Drivers that need more than a task downcast it to the engine's own type through
/// [`Any`].
#[doc(hidden)]
pub trait RunPort: Any + Send + Sync {
    /// The id of the task.
    fn id(&self) -> Uuid;

    /// The number of the run, counted from 1.
    fn attempt(&self) -> u32;

    /// The number of the claim.
    fn lease(&self) -> i32;

    /// The task type of the task.
    fn task_type(&self) -> &str;

    /// The payload of the task.
    fn payload(&self) -> &str;

    /// A header of the task.
    fn header(&self, name: &str) -> Option<&str>;

    /// The instant at which the timeout ends, if there is one.
    fn deadline(&self) -> Option<Instant>;

    /// The application's values.
    fn values(&self) -> &Values;

    /// Whether the run should end.
    fn is_ending(&self) -> bool;

    /// Waits until the run should end.
    fn ending(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Sets the outcome that the task asks for.
    fn wish_for(&self, wish: Wish);

    /// The outcome that the task asks for by now. For middleware that records outcomes.
    fn wish(&self) -> Option<Wish>;
}

/// The port outside of a run.
#[derive(Default)]
pub(super) struct NoRun {
    values: Values,
}

impl RunPort for NoRun {
    fn id(&self) -> Uuid {
        Uuid::nil()
    }

    fn attempt(&self) -> u32 {
        0
    }

    fn lease(&self) -> i32 {
        0
    }

    fn task_type(&self) -> &str {
        ""
    }

    fn payload(&self) -> &str {
        ""
    }

    fn header(&self, _: &str) -> Option<&str> {
        None
    }

    fn deadline(&self) -> Option<Instant> {
        None
    }

    fn values(&self) -> &Values {
        &self.values
    }

    fn is_ending(&self) -> bool {
        false
    }

    fn ending(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }

    fn wish_for(&self, _: Wish) {}

    fn wish(&self) -> Option<Wish> {
        None
    }
}
