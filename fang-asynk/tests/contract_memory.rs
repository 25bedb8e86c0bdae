//! The contract of the stores, kept by the one in memory under tokio.

// A panic is how a test reports, in its rig as well.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use chrono::{DateTime, Utc};
use fang_core::async_trait;
use fang_core::contract::{self, Rig};
use fang_core::memory::MemoryStore;
use fang_core::store::Store;
use fang_core::{Mode, NewTask};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// A store whose clock moves only by hand.
struct Memory {
    store: Arc<dyn Store>,
    /// Microseconds since the beginning.
    clock: Arc<AtomicU64>,
}

impl Memory {
    fn new() -> Self {
        let clock = Arc::new(AtomicU64::new(0));
        let beginning: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
        let read = clock.clone();
        let now = move || beginning + Duration::from_micros(read.load(Ordering::SeqCst));
        Self { store: Arc::new(MemoryStore::new(now)), clock }
    }
}

#[async_trait]
impl Rig for Memory {
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

macro_rules! tests {
    ($($scenario:ident,)*) => {
        $(
            #[tokio::test]
            async fn $scenario() {
                contract::$scenario(&Memory::new()).await;
            }
        )*
    };
}

contract::for_each_scenario!(tests);
