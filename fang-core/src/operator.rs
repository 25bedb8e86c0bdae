//! What the tools of operators share, such as the command and the dashboard: the words that they read and show, which
//! tasks a change is for, and what they do where a store lacks a call.

mod freshness;
mod in_lines;
mod offered;
mod reach;
pub mod span;
mod steer;
mod timeline;
mod visible;
mod wanted;
mod words;

pub use freshness::Freshness;
pub use in_lines::in_lines;
pub use offered::offered;
pub use reach::Reach;
pub use steer::Steer;
pub use timeline::timeline;
pub use visible::visible;
pub use wanted::{STATES, Wanted, at_path};
pub use words::{
    MODES, Names, PRIORITIES, missed, mode, named, priority, read_missed, worker_mode, worker_state,
};
