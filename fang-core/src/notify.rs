//! Notifications, which tell pools in this process and in others of tasks to claim. Losing one costs a little
//! time and nothing else, since pools poll as well.

mod burst;
mod local;
mod outgoing;
mod topic;

pub use burst::{BurstGate, Notice};
pub use local::{Listeners, Registration};
pub use outgoing::{Notices, Outgoing};
pub use topic::Topic;
