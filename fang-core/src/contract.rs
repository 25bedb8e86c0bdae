//! What every store must do, as scenarios that any store can be put through.
//!
//! A scenario takes a [`Rig`], a fresh and empty store with a hand on its clock, and panics when the
//! store breaks the contract. It is a future, for whatever the store fits: a runtime, or a `block_on`. One that needs what
//! the store does not [offer](crate::store::Offers) says so and ends; [`skipped`] tells which those are.
//!
//! The macro [`for_each_scenario!`](crate::for_each_scenario) knows them all, so
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
mod insert;
mod lock_claims;
mod missed;
mod offers;
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

use crate::store::{Feature, Offers, Store};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub use crate::for_each_scenario;

// An unlisted scenario is dead code, and so a warning.
for_each_scenario!(@list guarded);

/// The scenarios that a store with these features is not put through.
///
/// ```
/// use fang_core::contract::skipped;
/// use fang_core::store::{Feature, Offers};
/// assert!(skipped(Offers::all()).next().is_none());
/// assert!(skipped(Offers::all().without(Feature::Counts)).eq(["tasks_are_counted_by_task_type_and_state"]));
/// ```
pub fn skipped(offers: Offers) -> impl Iterator<Item = &'static str> {
    let skipped = SCENARIOS.iter().filter(move |(needs, _)| missing(offers, needs).is_some());
    skipped.flat_map(|(_, names)| names.iter().copied())
}

fn missing(offers: Offers, needs: &[Feature]) -> Option<Feature> {
    needs.iter().copied().find(|feature| !offers.has(*feature))
}

fn can_be_asked(rig: &dyn Rig, needs: &[Feature], scenario: &str) -> bool {
    let missing = missing(rig.store().offers(), needs);
    if let Some(feature) = missing {
        eprintln!("skipped {scenario}: the store does not offer {feature:?}");
    }
    missing.is_none()
}

/// The lease of all scenarios. A store that trusts no silence before its server has been up for so
/// long must be helped by its rig.
pub const LEASE: Duration = Duration::from_secs(30);

/// A fresh, empty store, and what no verb of a store can do.
#[async_trait]
pub trait Rig: Send + Sync {
    /// The store, the same at each call.
    fn store(&self) -> Arc<dyn Store>;

    /// Makes the store believe that time has passed: its clock moves on, or all its instants move back. So
    /// no scenario compares instants from before and after.
    async fn advance(&self, by: Duration);

    /// Puts a row there as another program would, for tokio workers, with a payload that nobody checked.
    async fn insert_raw(&self, id: Uuid, metadata: &str, task_type: &str);
}
