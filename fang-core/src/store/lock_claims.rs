use super::{Claim, Claimed, WorkerId};
use crate::error::StoreError;
use async_trait::async_trait;
use uuid::Uuid;

/// The place of a row in a table of Postgres (its `ctid`): the block, and the position in the block. It does
/// not change while the row is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub u32, pub u16);

/// A task of a lock-claim: a claim that only locks its row and writes nothing to it.
#[derive(Clone, Debug, PartialEq)]
pub struct LockedTask {
    /// The task. Its `lease` is the number that a written claim would get.
    pub task: Claimed,
    /// The place of its row.
    pub place: Place,
    /// Whether the task needs a written claim before it runs. If so, it does not run under this lock-claim.
    pub is_apart: bool,
}

/// The changes to write before the transaction of a lock-claim commits. Tasks that are not named are
/// released: nothing is written for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockCommit {
    /// The rows to delete.
    pub remove: Vec<Place>,
    /// The rows that become written claims, by the worker whose claims they become.
    pub write: Vec<(WorkerId, Vec<Place>)>,
}

/// A connection that makes lock-claims, an optional part of a store. A lock-claim locks the rows of its
/// tasks, writes nothing to them, and lasts as long as its transaction is open. See
/// [`Store::lock_claims`](super::Store::lock_claims).
#[async_trait]
pub trait LockClaims: Send {
    /// Begins a transaction and locks the rows of due tasks, chosen as by a claim. The previous transaction
    /// must be committed.
    async fn lock(&mut self, claim: &Claim<'_>) -> Result<Vec<LockedTask>, StoreError>;

    /// Adds tasks to the list of locked tasks, by id and lease, before they run, so that other workers see
    /// where they run. Then checks that the locks are still there.
    ///
    /// Returns the tasks that another worker had listed before it lost its locks, each with that worker.
    /// They may still run there. They are not listed again, and nothing is listed once the locks are gone.
    async fn list(
        &mut self,
        worker: WorkerId,
        task_type: &str,
        tasks: &[(Uuid, i32)],
    ) -> Result<Vec<(Uuid, WorkerId)>, StoreError>;

    /// Writes these changes and commits the transaction, which ends all locks. After an error the locks are
    /// gone, and the changes may have been written or not.
    async fn commit(&mut self, commit: &LockCommit) -> Result<(), StoreError>;

    /// Removes from the list what this connection has added, and closes the connection, since there is
    /// nothing to claim for a while. Must not be called while its transaction is open.
    async fn unlist(&mut self, worker: WorkerId) -> Result<(), StoreError>;

    /// Makes written claims of tasks whose locks were lost, unless another worker has claimed them since.
    /// May be repeated.
    async fn write_claims(&mut self, worker: WorkerId, tasks: &[(Uuid, i32)]) -> Result<(), StoreError>;
}
