use crate::task::Mode;
use std::time::Duration;

/// A look of a pool for the task types that have tasks to claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyLook {
    /// The mode of the pool. Tasks of [`Mode::Any`] count as well.
    pub mode: Mode,
    /// The task type to begin with, in the order of the store. The empty name comes before all others.
    pub from: String,
    /// How far ahead to look for tasks that become due.
    pub within: Duration,
    /// At most about this many scan ranges are looked at, so that a look is quick however many task types there are.
    pub limit: u32,
}

/// The answer to [`Store::ready_types`](super::Store::ready_types), which may name a task type twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadyTypes {
    /// The task types with tasks that are due. Other claims may have them locked.
    pub due: Vec<String>,
    /// The task types with tasks that become due, each with the time until the first one does.
    pub later: Vec<(String, Duration)>,
    /// The task type with which the next look begins, or `None` if this one reached the last type.
    pub next: Option<String>,
}
