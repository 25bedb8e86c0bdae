//! What every store must do, as scenarios that any store can be put through.
//!
//! A scenario takes a [`Rig`], a fresh and empty store with a hand on its clock, and panics when the
//! store breaks the contract. The macro [`for_each_scenario!`](crate::for_each_scenario) knows them all, so
//! that a store's test file is a rig and a few lines, and none is forgotten:
//!
//! ```
//! use fang_core::contract::Rig;
//! macro_rules! tests {
//!     ($($name:ident,)*) => {
//!         $(
//!             # #[allow(dead_code)]
//!             #[test]
//!             fn $name() {
//!                 run(async |rig| fang_core::contract::$name(rig).await);
//!             }
//!         )*
//!     };
//! }
//! fang_core::contract::for_each_scenario!(tests);
//!
//! fn run(scenario: impl AsyncFnOnce(&dyn Rig)) {
//!     // Make a store, and wait for the scenario.
//! #   let _ = scenario;
//! }
//! ```

// Test support: a panic is how a scenario reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// The example is about tests.
#![allow(clippy::test_attr_in_doctest)]

mod acts;
mod admin;
mod cancel;
mod claim;
mod claimers;
mod control;
mod cron;
mod cron_admin;
mod fence;
mod finish;
mod hold;
mod insert;
mod missed;
mod payload;
mod period;
mod prune;
mod remove;
mod replace;
mod rescue;
mod retry;
mod scenarios;
mod unique;
mod unknown;
mod until_started;
mod worker;

use crate::store::AsyncStore;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub use crate::for_each_scenario;

// An unlisted scenario is dead code, and so a warning.
for_each_scenario!(@list reexport);

/// The lease of all scenarios. A store that trusts no silence before its server has been up for so
/// long must be helped by its rig.
pub const LEASE: Duration = Duration::from_secs(30);

/// A fresh, empty store, and what no verb of a store can do.
#[async_trait]
pub trait Rig: Send + Sync {
    /// The store, the same at each call.
    fn store(&self) -> Arc<dyn AsyncStore>;

    /// Makes the store believe that time has passed: its clock moves on, or all its instants move back. So
    /// no scenario compares instants from before and after.
    async fn advance(&self, by: Duration);

    /// Puts a row there as another program would, for tokio workers, with a payload that nobody checked.
    async fn insert_raw(&self, id: Uuid, metadata: &str, task_type: &str);
}
