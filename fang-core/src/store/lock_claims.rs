use super::{Claim, Claimed, WorkerId};
use crate::error::StoreError;
use async_trait::async_trait;
use uuid::Uuid;

/// Where a row lies, which does not change while it is locked: a block, and its place therein.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub u32, pub u16);

/// A task whose row is locked, and nothing written to it.
#[derive(Clone, Debug, PartialEq)]
pub struct LockedTask {
    /// The task, under the lease that it is given as soon as anything is written.
    pub task: Claimed,
    /// Where its row lies.
    pub place: Place,
    /// Whether the row must be written before the task runs: it is not to be run now.
    pub is_apart: bool,
}

/// What to write of the tasks that are held before their locks go. Of those not named nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockCommit {
    /// The rows that go.
    pub remove: Vec<Place>,
    /// The rows that become claims, each of this worker.
    pub write: Vec<(WorkerId, Vec<Place>)>,
}

/// One connection that holds tasks: claims that write nothing, for as long as its transaction is open. An optional
/// part of a store.
#[async_trait]
pub trait LockClaims: Send {
    /// Locks the rows of tasks that are due, as a claim would. Nothing may be held yet.
    async fn lock(&mut self, claim: &Claim<'_>) -> Result<Vec<LockedTask>, StoreError>;

    /// Lists, for all to see, what is about to run here, by task and lease, and makes sure that it is still held then.
    /// Returns what of it others had listed before they lost it, which may still run there, and who has it. That is not
    /// listed again, nor is anything once the locks are gone.
    async fn list(
        &mut self,
        worker: WorkerId,
        task_type: &str,
        tasks: &[(Uuid, i32)],
    ) -> Result<Vec<(Uuid, WorkerId)>, StoreError>;

    /// Writes this, and lets go of all that is held. An error means that the locks are gone, and perhaps that nothing
    /// was written.
    async fn commit(&mut self, commit: &LockCommit) -> Result<(), StoreError>;

    /// Forgets what this connection has listed, and closes it: there is nothing to hold for a while. To be called while
    /// nothing is held.
    async fn unlist(&mut self, worker: WorkerId) -> Result<(), StoreError>;

    /// Makes claims of those tasks that were held when the locks went, and that nobody has taken since. Repeats
    /// without harm.
    async fn write_claims(&mut self, worker: WorkerId, tasks: &[(Uuid, i32)]) -> Result<(), StoreError>;
}
