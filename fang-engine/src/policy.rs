//! Decisions: pure, without a clock. All instants are spans since any fixed one.

pub mod beat;
pub mod claim;
pub mod decide;
pub mod pace;
pub mod reconcile;
pub mod retry_pause;
pub mod suspects;
pub mod weights;
