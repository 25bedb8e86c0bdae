//! The contract of the stores, kept by the one in memory under tokio.

// A panic is how a test reports.
#![allow(clippy::unwrap_used)]

use fang_core::contract::{self, ClockRig, Scenario};
use fang_core::memory::MemoryStore;

contract::tests!(run);

fn run(scenario: Scenario) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(scenario.run(&ClockRig::new(MemoryStore::new)));
}
