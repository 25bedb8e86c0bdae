//! The memory store keeps the contract of the stores.

// Tests report by panics.
#![allow(clippy::expect_used)]

use fang_core::contract::{self, ClockRig, Scenario};
use fang_core::memory::MemoryStore;
use futures_util::FutureExt;

contract::tests!(run);

fn run(scenario: Scenario) {
    let rig = ClockRig::new(MemoryStore::new);
    scenario.run(&rig).now_or_never().expect("a store in memory never waits");
}
