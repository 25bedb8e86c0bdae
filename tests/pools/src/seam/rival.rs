//! Another worker on the same table: verbs of the store that only pools call. What the store looks like is known here alone.

use super::{Mode, Queue};
use fang_core::scan::{ScanRanges, Start};
use fang_core::store::{Claim, Claimed, LockClaims, LockCommit, Rescue, Store, WorkerId};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub struct Rival {
    mode: Mode,
    store: Arc<dyn Store>,
    worker: WorkerId,
}

/// Tasks that it has claimed by locks alone.
pub struct Locked {
    lock_claims: Box<dyn LockClaims>,
    worker: WorkerId,
    /// The ids and leases.
    pub tasks: Vec<(Uuid, i32)>,
}

impl Rival {
    /// Signs on.
    pub async fn new(queue: &Queue) -> Self {
        let store = queue.engine();
        let worker = store.register("{}").await.unwrap();
        Self { mode: queue.mode(), store, worker }
    }

    /// Claims as many, or, in a crowd, after others.
    pub async fn claim(&self, limit: usize, crowded: bool) -> Vec<Claimed> {
        let ranges = ScanRanges::new(self.mode.of_rows()).in_order(false, Start::Beginning);
        let claim = Claim { worker: self.worker, task_type: "common", limit, ranges: &ranges, crowded };
        self.store.claim(&claim).await.unwrap()
    }

    /// Claims by locks alone.
    pub async fn lock(&self, limit: usize) -> Locked {
        let mut lock_claims = self.store.lock_claims(0).expect("it has connections for it");
        let ranges = ScanRanges::new(self.mode.of_rows()).in_order(false, Start::Beginning);
        let claim =
            Claim { worker: self.worker, task_type: "common", limit, ranges: &ranges, crowded: false };
        let locked = lock_claims.lock(&claim).await.unwrap();
        let tasks = locked.iter().map(|locked| (locked.task.id, locked.task.lease)).collect();
        Locked { lock_claims, worker: self.worker, tasks }
    }

    /// Whether it has connections to claim by locks alone.
    pub fn can_lock(queue: &Queue) -> bool {
        queue.engine().lock_claims(0).is_some()
    }

    /// Whether it was not declared dead, as its own beat learns.
    pub async fn is_alive(&self, dead_after: Duration) -> bool {
        self.store.heartbeat(self.worker, dead_after).await.unwrap().is_alive
    }

    pub async fn retire(&self) {
        self.store.retire(self.worker).await.unwrap();
    }

    /// Takes back from the dead; returns how many run again.
    pub async fn rescue(&self, lease: Duration) -> u64 {
        let rescue = Rescue { by: None, lease, max_crashes: 3 };
        self.store.rescue(&rescue).await.unwrap().retried
    }
}

impl Locked {
    /// Whether the list of what it holds can be written.
    pub async fn list(&mut self) -> bool {
        self.lock_claims.list(self.worker, "common", &self.tasks).await.is_ok()
    }

    /// Whether it can end its claim.
    pub async fn commit(&mut self) -> bool {
        self.lock_claims.commit(&LockCommit::default()).await.is_ok()
    }
}
