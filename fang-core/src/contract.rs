//! The contract of the stores: tests that every store must pass, called scenarios. For the authors of stores.
//!
//! A scenario takes a [`Rig`] and panics if the store breaks the contract. A rig has a fresh, empty store and
//! can move its clock. A scenario that needs a feature which the store does not [offer](crate::store::Offers)
//! prints that and ends without a test. [`skipped`] returns the names of those scenarios.
//!
//! [`tests!`](crate::contract_tests) makes a `#[test]` of each [`Scenario`]. For a store that takes its clock
//! as an argument, [`ClockRig`] is the rig:
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
//! Other stores need a type that implements [`Rig`]. If the store needs a runtime, await [`Scenario::run`] on
//! that runtime instead.

// Scenarios report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod acts;
mod admin;
mod cancel;
mod changes;
mod claim;
mod claimers;
mod clock_rig;
mod control;
mod cron;
mod cron_admin;
mod expiry;
mod fence;
mod finish;
mod insert;
mod lock_claims;
mod missed;
mod next_due;
mod offers;
mod pages;
mod payload;
mod period;
mod prune;
mod ready_types;
mod remove;
mod replace;
mod reports;
mod rescue;
mod retry;
mod scenario;
mod scenarios;
mod turn;
mod unique;
mod unknown;
mod unserved;
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

// The compiler warns of a scenario that is not listed: it is dead code.
for_each_scenario!(@list guarded);

/// The names of the scenarios that are skipped for a store with these features.
///
/// ```
/// use fang_core::contract::skipped;
/// use fang_core::store::{Feature, Offers};
/// assert!(skipped(Offers::all()).next().is_none());
/// let mut without = skipped(Offers::all().without(Feature::Counts));
/// assert_eq!(without.next(), Some("tasks_are_counted_by_task_type_and_state"));
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

/// The lease of all scenarios: 30 s. A store may refuse to declare workers dead before its server has been up
/// for a lease. The rig of such a store must make the server look older.
pub const LEASE: Duration = Duration::from_secs(30);

/// A fresh, empty store for one scenario, and operations that scenarios need besides the verbs of the store.
#[async_trait]
pub trait Rig: Send + Sync {
    /// Returns the store, the same one at each call.
    fn store(&self) -> Arc<dyn Store>;

    /// Makes the store believe that this much time has passed. Either move the clock of the store on, or move
    /// all saved instants back: no scenario compares instants from before and after a call.
    async fn advance(&self, by: Duration);

    /// Inserts a task of the async mode as a program in another language would: without a check of its
    /// payload.
    async fn insert_raw(&self, id: Uuid, metadata: &str, task_type: &str);
}
