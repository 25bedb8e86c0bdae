//! Another worker on the same table, which calls the verbs of the store as a pool does. Only this file knows the
//! store trait.

use super::{Mode, Queue};
use fang_core::scan::{ScanRanges, Start};
use fang_core::store::{
    Claim, Claimed, Counts, Finish, LockClaims, LockCommit, Report, Rescue, Store, Tally, WorkerId,
};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub struct Rival {
    mode: Mode,
    store: Arc<dyn Store>,
    worker: WorkerId,
}

/// Tasks of a lock-claim.
pub struct Locked {
    lock_claims: Box<dyn LockClaims>,
    apart: usize,
    worker: WorkerId,
    /// The ids and leases.
    pub tasks: Vec<(Uuid, i32)>,
}

impl Rival {
    /// Registers a new worker.
    pub async fn new(queue: &Queue) -> Self {
        let store = queue.engine();
        let worker = store.register("{}").await.unwrap();
        Self { mode: queue.mode(), store, worker }
    }

    /// Claims up to `limit` tasks. With `crowded` the claim takes the advisory lock.
    pub async fn claim(&self, limit: usize, crowded: bool) -> Vec<Claimed> {
        let ranges = ScanRanges::new(self.mode.of_rows()).in_order(false, Start::Beginning);
        let claim = Claim { crowded, ..Claim::new(self.worker, "common", limit, &ranges) };
        self.store.claim(&claim).await.unwrap().tasks
    }

    /// Claims up to `limit` tasks. Returns how many there were, and in how long the next task becomes due.
    pub async fn claim_and_look_ahead(&self, limit: usize) -> (usize, Option<Duration>) {
        let ranges = ScanRanges::new(self.mode.of_rows()).in_order(false, Start::Beginning);
        let claim = Claim { within: super::HOUR, ..Claim::new(self.worker, "common", limit, &ranges) };
        let claimed = self.store.claim(&claim).await.unwrap();
        (claimed.tasks.len(), claimed.next_in)
    }

    /// Saves results. Returns how many were in time.
    pub async fn finish(&self, results: &[Finish]) -> u64 {
        self.store.finish(self.worker, results).await.unwrap()
    }

    /// Makes a lock-claim.
    pub async fn lock(&self, limit: usize) -> Locked {
        let mut lock_claims = self.store.lock_claims(0).expect("it has connections for it");
        let ranges = ScanRanges::new(self.mode.of_rows()).in_order(false, Start::Beginning);
        let claim = Claim::new(self.worker, "common", limit, &ranges);
        let locked = lock_claims.lock(&claim).await.unwrap();
        let tasks = locked.iter().map(|locked| (locked.task.id, locked.task.lease)).collect();
        let apart = locked.iter().filter(|locked| locked.is_apart).count();
        Locked { lock_claims, worker: self.worker, tasks, apart }
    }

    /// Whether the queue has connections for lock-claims.
    pub fn can_lock(queue: &Queue) -> bool {
        queue.engine().lock_claims(0).is_some()
    }

    /// Sends a beat. Returns whether the worker is still alive.
    pub async fn is_alive(&self, dead_after: Duration) -> bool {
        self.store.heartbeat(self.worker, dead_after, &Report::default()).await.unwrap().beat.is_alive
    }

    /// Sends a beat that tells how many runs have begun.
    pub async fn tells(&self, started: u64) {
        let (mut counts, mut tally, mut report) = (Counts::default(), Tally::default(), Report::default());
        tally.started = started;
        counts.add("common", &tally);
        report.counts = Some(counts);
        let answer = self.store.heartbeat(self.worker, super::HOUR, &report).await.unwrap();
        assert!(answer.is_saved);
    }

    pub async fn retire(&self) {
        self.store.retire(self.worker, &Report::default()).await.unwrap();
    }

    /// Rescues the tasks of dead workers. Returns how many will run again.
    pub async fn rescue(&self, lease: Duration) -> u64 {
        let rescue = Rescue { by: None, lease, max_crashes: 3 };
        self.store.rescue(&rescue).await.unwrap().retried()
    }
}

impl Locked {
    /// How many tasks were locked, and how many of them may not run before their claim is written.
    pub fn count(&self) -> (usize, usize) {
        (self.tasks.len(), self.apart)
    }

    /// Gives the locks up and writes claims instead. Returns whether that succeeded.
    pub async fn write(mut self) -> bool {
        self.lock_claims.unlist(self.worker).await.unwrap();
        self.lock_claims.write_claims(self.worker, &self.tasks).await.is_ok()
    }

    /// Writes the list of locked tasks. Returns whether that succeeded.
    pub async fn list(&mut self) -> bool {
        self.lock_claims.list(self.worker, "common", &self.tasks).await.is_ok()
    }

    /// Commits the lock-claim. Returns whether that succeeded.
    pub async fn commit(&mut self) -> bool {
        self.lock_claims.commit(&LockCommit::default()).await.is_ok()
    }
}
