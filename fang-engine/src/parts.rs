//! The parts of a pool, each an `async fn` that a runtime runs as a task or on a thread.

mod asked;
pub(crate) mod claimer;
pub(crate) mod crons;
pub mod drain;
pub(crate) mod finisher;
#[cfg(feature = "metrics")]
pub(crate) mod gauges;
pub(crate) mod heart;
mod patience;
pub(crate) mod pruner;
mod start;
mod stop;
pub(crate) mod vacuumer;

pub(crate) use asked::Stoppable;
pub use start::Running;
