//! The background tasks. Each task type has a file.

mod mail;
mod orders;
mod pictures;
mod reports;

pub use mail::welcome;
pub use orders::deliver_order;
pub use pictures::thumbnail;
pub use reports::nightly_report;
