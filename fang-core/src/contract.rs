//! What every store must do, as scenarios that any store can be put through.
//!
//! A scenario takes a [`Rig`], a fresh and empty store with a hand on its clock, and panics when the
//! store breaks the contract. It is a future, for whatever the store fits: a runtime, or a `block_on`. One that needs what
//! the store does not [offer](crate::store::Offers) says so and ends; [`skipped`] tells which those are.
//!
//! [`tests!`](crate::contract_tests) makes a test of each [`Scenario`], so that none is forgotten. The tests of a store
//! that asks a clock it is given are a few lines, with the [`ClockRig`]:
//!
//! ```
//! # #![allow(dead_code)]
//! use fang_core::contract::{self, ClockRig, Scenario};
//! use fang_core::memory::MemoryStore;
//!
//! contract::tests!(run);
//!
//! fn run(scenario: Scenario) {
//!     scenario.run_on_this_thread(&ClockRig::new(MemoryStore::new));
//! }
//! ```
//!
//! Any other store needs a [`Rig`] of its own. One that needs a runtime waits there for [`Scenario::run`].

// Test support: a panic is how a scenario reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod acts;
mod admin;
mod cancel;
mod claim;
mod claimers;
mod clock_rig;
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
mod scenario;
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

pub use crate::contract_tests as tests;
pub use clock_rig::{Clock, ClockRig};
pub use scenario::{Run, Scenario};

use crate::for_each_scenario;

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
