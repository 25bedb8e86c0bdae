//! Another worker on the same table, which calls the verbs of the store that otherwise only pools call.

use super::{Mode, Queue};
use fang_core::scan::{ScanRanges, Start};
use fang_core::store::{Claim, Claimed, LockClaims, LockCommit, Rescue, Store, WorkerId};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A worker that competes with the pool of a test.
pub struct Rival {
    mode: Mode,
    store: Arc<dyn Store>,
    worker: WorkerId,
}

/// A lock-claim of a [`Rival`].
pub struct Locked {
    lock_claims: Box<dyn LockClaims>,
    worker: WorkerId,
    /// The ids and leases.
    pub tasks: Vec<(Uuid, i32)>,
}

impl Rival {
    /// Registers a worker.
    pub async fn new(queue: &Queue) -> Self {
        let store = queue.engine();
        let worker = store.register("{}").await.unwrap();
        Self { mode: queue.mode(), store, worker }
    }

    /// Claims up to `limit` tasks. A crowded claim waits for an advisory lock first.
    pub async fn claim(&self, limit: usize, crowded: bool) -> Vec<Claimed> {
        let ranges = ScanRanges::new(self.mode.of_rows()).in_order(false, Start::Beginning);
        let claim = Claim { worker: self.worker, task_type: "common", limit, ranges: &ranges, crowded };
        self.store.claim(&claim).await.unwrap()
    }

    /// Locks up to `limit` tasks, and writes nothing.
    pub async fn lock(&self, limit: usize) -> Locked {
        let mut lock_claims = self.store.lock_claims(0).expect("the store should offer lock-claims");
        let ranges = ScanRanges::new(self.mode.of_rows()).in_order(false, Start::Beginning);
        let claim =
            Claim { worker: self.worker, task_type: "common", limit, ranges: &ranges, crowded: false };
        let locked = lock_claims.lock(&claim).await.unwrap();
        let tasks = locked.iter().map(|locked| (locked.task.id, locked.task.lease)).collect();
        Locked { lock_claims, worker: self.worker, tasks }
    }

    /// Whether the store of this queue offers lock-claims.
    pub fn can_lock(queue: &Queue) -> bool {
        queue.engine().lock_claims(0).is_some()
    }

    /// Sends a beat, and returns whether the worker is alive.
    pub async fn is_alive(&self, dead_after: Duration) -> bool {
        self.store.heartbeat(self.worker, dead_after).await.unwrap().is_alive
    }

    pub async fn retire(&self) {
        self.store.retire(self.worker).await.unwrap();
    }

    /// Rescues the tasks of dead workers, and returns how many of them run again.
    pub async fn rescue(&self, lease: Duration) -> u64 {
        let rescue = Rescue { by: None, lease, max_crashes: 3 };
        self.store.rescue(&rescue).await.unwrap().retried
    }
}

impl Locked {
    /// Lists the locked tasks, and returns whether that succeeded.
    pub async fn list(&mut self) -> bool {
        self.lock_claims.list(self.worker, "common", &self.tasks).await.is_ok()
    }

    /// Commits and releases the tasks, and returns whether that succeeded.
    pub async fn commit(&mut self) -> bool {
        self.lock_claims.commit(&LockCommit::default()).await.is_ok()
    }
}
