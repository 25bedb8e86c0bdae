//! Notifications tell pools, in this process and in others, that there are tasks to claim. A lost
//! notification costs a little time and nothing else, since pools poll as well.

mod burst;
mod local;
mod open_transactions;
mod outgoing;
mod topic;

pub use burst::{BurstGate, Notice};
pub use local::{Listeners, Registration};
pub use open_transactions::OpenTransactions;
pub use outgoing::{AtCommit, Notices, Outgoing};
pub use topic::Topic;
