//! A store outside the crates of fang keeps the contract in both modes, except for the features it does not offer.

// Tests report by panics, and the store is test code as well.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "own_store/store.rs"]
mod store;
#[path = "own_store/tables.rs"]
mod tables;

use fang::contract::{self, ClockRig, Rig, Scenario};
use fang::store::Feature;
use store::BTreeStore;

mod on_a_thread {
    super::contract::tests!(super::on_this_thread);
}

mod under_tokio {
    super::contract::tests!(super::with_tokio);
}

fn on_this_thread(scenario: Scenario) {
    scenario.run_on_this_thread(&ClockRig::new(BTreeStore::new));
}

fn with_tokio(scenario: Scenario) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(scenario.run(&ClockRig::new(BTreeStore::new)));
}

/// A scenario that needs no feature is never skipped.
#[test]
fn only_scenarios_of_features_that_are_not_offered_are_skipped() {
    let offers = ClockRig::new(BTreeStore::new).store().offers();
    let skipped: Vec<_> = contract::skipped(offers).collect();
    assert!(skipped.contains(&"a_cron_is_saved_once_with_its_first_tick"));
    assert!(!skipped.contains(&"tasks_are_counted_by_task_type_and_state"), "the store offers counts");
    for scenario in ["two_claimers_never_share_a_task", "a_feature_that_is_not_offered_is_refused"] {
        assert!(!skipped.contains(&scenario), "{scenario} is required");
    }
    assert!(Feature::ALL.into_iter().any(|feature| offers.has(feature)));
}

/// Assertions and drains need no feature of the store. What the store does not offer says so.
#[cfg(feature = "testing")]
mod tested {
    use super::BTreeStore;
    use fang::testing::{assert_inserted, clock, drain, over_store};
    use fang::{asynk, blocking};
    use std::sync::Arc;
    use std::time::Duration;

    #[fang::task]
    async fn light() {}

    #[fang::task]
    fn heavy() {}

    fn store() -> Arc<BTreeStore> {
        Arc::new(BTreeStore::new(fang::Utc::now))
    }

    #[tokio::test]
    async fn tests_look_into_an_own_store_and_drain_it() {
        let handle = asynk::Handle::new(store());
        let queue = over_store(handle.clone());
        handle.insert(light()).await.unwrap();
        assert_inserted!(queue, light, count = 1).await;
        assert_eq!(drain(&queue).await.finished, 1);

        let handle = blocking::Handle::new(store());
        let queue = over_store(handle.clone());
        handle.insert(heavy()).unwrap();
        assert_inserted!(queue, heavy, count = 1);
        assert_eq!(drain(&queue).run().finished, 1);
    }

    #[tokio::test]
    async fn metrics_of_an_own_store_have_what_it_offers() {
        let store = store();
        asynk::Handle::new(store.clone()).insert(light()).await.unwrap();
        let admin = fang_engine::handle::Handle::new(store).admin();
        let text = fang_observe::Metrics::new(admin).text().await.unwrap();
        assert!(text.contains("\nfang_tasks_due{task_type=\"common\"} 1\n"), "{text}");
    }

    #[test]
    #[should_panic = "the clock cannot be turned: this store does not offer turn"]
    fn a_store_that_cannot_turn_its_time_says_so() {
        clock(&over_store(blocking::Handle::new(store()))).turn(Duration::from_secs(1));
    }
}
