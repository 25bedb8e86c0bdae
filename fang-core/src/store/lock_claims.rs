use super::{Claim, Claimed, WorkerId};
use crate::error::StoreError;
use async_trait::async_trait;
use uuid::Uuid;

/// The place of a row in its table, which does not change while the row is locked: a block, and an index in
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub u32, pub u16);

/// A task whose row is locked by a lock-claim. Nothing is written to the row yet.
#[derive(Clone, Debug, PartialEq)]
pub struct LockedTask {
    /// The task. Its lease is the one that a written claim will give it.
    pub task: Claimed,
    /// The place of its row.
    pub place: Place,
    /// Whether the task must get a written claim before it runs, because it is not to run with the others.
    pub is_apart: bool,
}

/// The changes to locked rows at the end of a lock-claim's transaction. Rows that are not named stay as they
/// are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockCommit {
    /// The rows of finished tasks, which are deleted.
    pub remove: Vec<Place>,
    /// The rows of tasks that still run, which get written claims of these workers.
    pub write: Vec<(WorkerId, Vec<Place>)>,
}

/// A connection for lock-claims: claims by row locks alone, which last as long as the connection's
/// transaction. An optional part of a store.
#[async_trait]
pub trait LockClaims: Send {
    /// Locks the rows of due tasks, in place of a claim that updates them. Called only while the connection
    /// has no rows locked.
    async fn lock(&mut self, claim: &Claim<'_>) -> Result<Vec<LockedTask>, StoreError>;

    /// Lists the tasks that are about to run, by task and lease, where other pools can read it. Then checks
    /// that their rows are still locked. Returns the tasks that another worker has listed before it lost its
    /// locks, with the id of that worker. They may still run there, and are not listed again. Lists nothing
    /// when the locks are gone.
    async fn list(
        &mut self,
        worker: WorkerId,
        task_type: &str,
        tasks: &[(Uuid, i32)],
    ) -> Result<Vec<(Uuid, WorkerId)>, StoreError>;

    /// Makes these changes, and commits. After an error the locks are gone, and the changes may not have been
    /// made.
    async fn commit(&mut self, commit: &LockCommit) -> Result<(), StoreError>;

    /// Removes the lists of this connection, and closes it. Called when there is nothing to claim for a
    /// while, and only while no rows are locked.
    async fn unlist(&mut self, worker: WorkerId) -> Result<(), StoreError>;

    /// Writes claims of tasks whose locks were lost, unless another worker has taken them since. Repeating it
    /// has no effect.
    async fn write_claims(&mut self, worker: WorkerId, tasks: &[(Uuid, i32)]) -> Result<(), StoreError>;
}
