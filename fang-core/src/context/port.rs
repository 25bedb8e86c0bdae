use super::State;
use std::any::Any;
use std::pin::Pin;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What a task asks to happen to itself once its run returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Run again after a delay, without being charged a retry.
    Snooze(Duration),
    /// Fail for good, with this reason.
    Cancel(String),
}

/// What a [`Context`](super::Context) asks of the engine that runs its task.
///
/// The engine implements it. A driver that needs more than a task may ask finds the engine's own type behind [`Any`].
#[doc(hidden)]
pub trait RunPort: Any + Send + Sync {
    /// The task.
    fn id(&self) -> Uuid;

    /// Which run of it this is, counted from 1.
    fn attempt(&self) -> u32;

    /// The number of its claim.
    fn lease(&self) -> i32;

    /// The task type of the task.
    fn task_type(&self) -> &str;

    /// By when it has to end, if it has a timeout.
    fn deadline(&self) -> Option<Instant>;

    /// The application's values.
    fn state(&self) -> &State;

    /// Whether the run should come to an end.
    fn is_ending(&self) -> bool;

    /// Waits until it should.
    fn ending(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// What is to happen to the task once its run returns.
    fn wish_for(&self, wish: Wish);
}

/// There is no run.
#[derive(Default)]
pub(super) struct NoRun {
    state: State,
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

    fn deadline(&self) -> Option<Instant> {
        None
    }

    fn state(&self) -> &State {
        &self.state
    }

    fn is_ending(&self) -> bool {
        false
    }

    fn ending(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }

    fn wish_for(&self, _: Wish) {}
}
