//! A store written outside the crates keeps the contract in both modes, less what it says it does not offer.

// A panic is how a test reports, and the store is a test's as well.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "own_store/store.rs"]
mod store;
#[path = "own_store/tables.rs"]
mod tables;

use fang::contract::{self, Rig};
use fang::store::{Feature, Store};
use fang::{DateTime, Mode, NewTask, Utc, Uuid, async_trait};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use std::time::Duration;
use store::BTreeStore;

/// A store whose clock moves only by hand.
struct Own {
    store: Arc<BTreeStore>,
    /// Microseconds since the beginning.
    clock: Arc<AtomicU64>,
}

impl Own {
    fn new() -> Self {
        let clock = Arc::new(AtomicU64::new(0));
        let beginning: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
        let read = clock.clone();
        let now = move || beginning + Duration::from_micros(read.load(Ordering::SeqCst));
        Self { store: Arc::new(BTreeStore::new(now)), clock }
    }
}

#[async_trait]
impl Rig for Own {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn advance(&self, by: Duration) {
        self.clock.fetch_add(u64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }

    async fn insert_raw(&self, id: Uuid, metadata: &str, task_type: &str) {
        let task = NewTask::new(metadata.to_owned(), task_type.to_owned(), Mode::Asynk);
        self.store.insert(&[task.with_id(id)]).await.unwrap();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// On a plain thread.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Arc::new(Unpark(thread::current())).into();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

macro_rules! tests {
    ($($scenario:ident,)*) => {
        mod on_a_thread {
            use super::{Own, block_on, contract};
            $(
                #[test]
                fn $scenario() {
                    block_on(contract::$scenario(&Own::new()));
                }
            )*
        }

        mod under_tokio {
            use super::{Own, contract};
            $(
                #[tokio::test]
                async fn $scenario() {
                    contract::$scenario(&Own::new()).await;
                }
            )*
        }
    };
}

contract::for_each_scenario!(tests);

/// What is skipped is what needs a feature: no scenario of the required verbs is.
#[test]
fn only_scenarios_of_what_it_does_not_offer_are_skipped() {
    let offers = Own::new().store.offers();
    let skipped: Vec<_> = contract::skipped(offers).collect();
    assert!(skipped.contains(&"a_cron_is_kept_once_with_one_task"));
    assert!(!skipped.contains(&"tasks_are_counted_by_task_type_and_state"), "it is offered");
    for scenario in ["two_claimers_never_share_a_task", "what_is_not_offered_is_refused"] {
        assert!(!skipped.contains(&scenario), "{scenario} is required");
    }
    assert!(Feature::ALL.into_iter().any(|feature| offers.has(feature)));
}
