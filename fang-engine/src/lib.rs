//! The worker pool of [fang](https://docs.rs/fang), written once for both modes. Its parts are `async fn`s over the
//! store trait and a small runtime trait. Applications use the crate `fang`; this crate serves the crates that run
//! it.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod by_id;
#[doc(hidden)]
pub mod claims;
mod doctor;
mod events;
#[doc(hidden)]
pub mod executor;
#[doc(hidden)]
pub mod faces;
#[cfg(unix)]
#[doc(hidden)]
pub mod group;
#[doc(hidden)]
pub mod handle;
#[doc(hidden)]
pub mod insert_hooks;
#[doc(hidden)]
pub mod insert_rules;
mod monitor;
#[doc(hidden)]
pub mod observed;
mod parallel;
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
pub mod shared_inserts;
#[doc(hidden)]
pub mod signal;
#[cfg(unix)]
#[doc(hidden)]
pub mod signals;
#[doc(hidden)]
pub mod spans;
#[doc(hidden)]
pub mod starting;
#[doc(hidden)]
pub mod state;
#[cfg(unix)]
#[doc(hidden)]
pub mod stopper;
#[doc(hidden)]
pub mod workers;

// For the macros.
#[doc(hidden)]
pub use chrono::Utc;
#[doc(hidden)]
pub use events::Subscribers;
pub use events::{Event, PoolInfo, PoolStats, TaskInfo};
#[doc(hidden)]
pub use fang_core as core;
pub use monitor::PoolMonitor;
#[doc(hidden)]
pub use settings::{CANCEL_GRACE, DEFAULT_DEADLINE, PoolConfig, VACUUM_AT};
pub use settings::{Lease, Shutdown};
#[cfg(feature = "tracing")]
#[doc(hidden)]
pub use tracing;
#[doc(hidden)]
pub use uuid::Uuid;
