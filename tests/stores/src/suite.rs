//! The real stores against a simple model of their tables. For random verbs in random order, both must give the same
//! answers and have the same rows.

// A panic is how a test reports, also in its rig.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod drive;
mod pages;
mod rig;
mod table;
mod verb;

use drive::play;
use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use rig::{Memory, Postgres, Rig};
use tokio::runtime::Runtime;

/// The number of histories, and their longest length.
#[derive(Clone, Copy)]
struct Size {
    cases: u32,
    steps: usize,
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Plays random histories, each on an empty store. `FANG_MODEL_SEED` repeats the histories of a failure.
fn check(runtime: &Runtime, rig: &dyn Rig, size: Size) {
    let seed =
        std::env::var("FANG_MODEL_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config =
        Config { cases: size.cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let outcome = runner.run(&vec(verb::any(), 1..size.steps), |verbs| {
        runtime.block_on(play(rig, &verbs)).map_err(TestCaseError::fail)
    });
    if let Err(error) = outcome {
        panic!("{error}\nset FANG_MODEL_SEED={seed} to repeat it");
    }
}

#[test]
fn the_store_in_memory_agrees_with_the_model_of_its_table() {
    check(&runtime(), &Memory::new(), Size { cases: 1000, steps: 120 });
}

#[test]
fn the_async_store_agrees_with_the_model_of_its_table() {
    let runtime = runtime();
    let postgres = runtime.block_on(Postgres::asynk());
    check(&runtime, &postgres, Size { cases: 40, steps: 100 });
    runtime.block_on(postgres.drop());
}

#[test]
fn the_blocking_store_agrees_with_the_model_of_its_table() {
    let runtime = runtime();
    let postgres = runtime.block_on(Postgres::blocking());
    check(&runtime, &postgres, Size { cases: 40, steps: 100 });
    runtime.block_on(postgres.drop());
}

/// `FANG_PAGES_SEED` repeats a failure.
fn seed_of_pages() -> u64 {
    std::env::var("FANG_PAGES_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap())
}

#[test]
fn pages_of_the_store_in_memory_joined_are_what_the_filter_matches() {
    runtime().block_on(pages::compare(&Memory::new(), seed_of_pages(), 60));
}

#[test]
fn pages_of_the_async_store_joined_are_what_the_filter_matches() {
    let runtime = runtime();
    let postgres = runtime.block_on(Postgres::asynk());
    runtime.block_on(pages::compare(&postgres, seed_of_pages(), 60));
    runtime.block_on(postgres.drop());
}
