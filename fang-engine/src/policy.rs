//! Decisions without I/O or a clock. Instants are durations since any fixed one.

pub mod aside;
pub mod beat;
pub mod claim;
pub mod decide;
pub(crate) mod late;
pub mod looks;
pub mod many_types;
pub mod pace;
pub mod reconcile;
pub mod retry_pause;
pub mod served;
pub(crate) mod shortened;
pub mod suspects;
pub(crate) mod telling;
pub mod types;
pub mod unserved;
pub mod weights;
