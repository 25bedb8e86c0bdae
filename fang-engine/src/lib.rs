//! The worker pool of [fang](https://docs.rs/fang), once for both modes: its parts are `async fn`s over the trait of a
//! store and a small seam to what they run on. Applications use the crate `fang`. This one is for the crates that run it.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod claims;
#[doc(hidden)]
pub mod executor;
mod faces;
#[doc(hidden)]
pub mod handle;
#[doc(hidden)]
pub mod insert_rules;
mod part;
#[doc(hidden)]
pub mod parts;
#[doc(hidden)]
pub mod phase;
#[doc(hidden)]
pub mod policy;
#[doc(hidden)]
pub mod runtime;
mod settings;
#[doc(hidden)]
pub mod signal;
#[doc(hidden)]
pub mod state;
#[doc(hidden)]
pub mod workers;

// For the macros.
#[doc(hidden)]
pub use chrono::Utc;
#[doc(hidden)]
pub use fang_core as core;
#[doc(hidden)]
pub use settings::{CANCEL_GRACE, DEFAULT_DEADLINE, PoolConfig};
pub use settings::{Lease, Shutdown};
#[doc(hidden)]
pub use uuid::Uuid;
