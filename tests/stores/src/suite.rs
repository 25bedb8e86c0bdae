//! Tests of the real stores against a simple model of their tables. After any verbs in any order, both give the same
//! answers and contain the same rows.

// Tests and their rigs report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod drive;
mod rig;
mod table;
mod verb;

use drive::play;
use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use rig::{Memory, Postgres, Rig};
use tokio::runtime::Runtime;

/// The number of histories, and the longest of them.
#[derive(Clone, Copy)]
struct Size {
    cases: u32,
    steps: usize,
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Plays random histories, each on an empty store. Set `FANG_MODEL_SEED` to the seed of a failure to repeat it.
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
        panic!("{error}\nrun again with FANG_MODEL_SEED={seed} to repeat this failure");
    }
}

#[test]
fn the_memory_store_behaves_like_the_model() {
    check(&runtime(), &Memory::new(), Size { cases: 1000, steps: 120 });
}

#[test]
fn the_async_store_behaves_like_the_model() {
    let runtime = runtime();
    let postgres = runtime.block_on(Postgres::asynk());
    check(&runtime, &postgres, Size { cases: 40, steps: 100 });
    runtime.block_on(postgres.drop());
}

#[test]
fn the_blocking_store_behaves_like_the_model() {
    let runtime = runtime();
    let postgres = runtime.block_on(Postgres::blocking());
    check(&runtime, &postgres, Size { cases: 40, steps: 100 });
    runtime.block_on(postgres.drop());
}
