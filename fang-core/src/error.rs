//! The errors of the queue, each with the next step in its message.

mod fang_error;
mod payload_error;
mod queue_error;
mod schedule_error;
mod sqlstate;
mod store_error;

pub use fang_error::FangError;
pub use payload_error::PayloadError;
pub use queue_error::QueueError;
pub use schedule_error::ScheduleError;
pub use store_error::{Nature, Source, StoreError};
