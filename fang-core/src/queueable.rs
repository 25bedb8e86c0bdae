//! The queue as tasks and applications see it, in both modes.

mod asynk;
mod blocking;

pub use asynk::AsyncQueueable;
pub use blocking::Queueable;
