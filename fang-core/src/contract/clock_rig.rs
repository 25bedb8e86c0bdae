//! The rig of stores that take their clock as an argument.

use super::Rig;
use crate::new_task::NewTask;
use crate::store::Store;
use crate::task::Mode;
use async_trait::async_trait;
use chrono::{DateTime, TimeZone, Utc};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// The clock of a store: returns the current time.
pub type Clock = Box<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// A [`Rig`] of a store that takes its clock as an argument and does not check payloads.
///
/// ```
/// use fang_core::contract::ClockRig;
/// use fang_core::memory::MemoryStore;
/// let rig = ClockRig::new(MemoryStore::new);
/// ```
pub struct ClockRig {
    store: Arc<dyn Store>,
    /// By how many microseconds the clock was moved.
    moved: Arc<AtomicU64>,
}

impl ClockRig {
    /// Creates a rig with the store that `make` returns. `make` gets the clock, which stands still until
    /// [`Rig::advance`] moves it.
    pub fn new<S: Store + 'static>(make: impl FnOnce(Clock) -> S) -> Self {
        let moved = Arc::new(AtomicU64::new(0));
        let beginning = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
        let read = moved.clone();
        let now = move || beginning + Duration::from_micros(read.load(Ordering::SeqCst));
        Self { store: Arc::new(make(Box::new(now))), moved }
    }
}

#[async_trait]
impl Rig for ClockRig {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn advance(&self, by: Duration) {
        self.moved.fetch_add(u64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }

    async fn insert_raw(&self, id: Uuid, metadata: &str, task_type: &str) {
        let task = NewTask::new(metadata.to_owned(), task_type.to_owned(), Mode::Asynk);
        self.store.insert(&[task.with_id(id)]).await.unwrap();
    }
}

impl fmt::Debug for ClockRig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClockRig").field("moved", &self.moved).finish_non_exhaustive()
    }
}
