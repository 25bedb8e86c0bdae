//! Messages from lock-claims to the next written claims.

use crate::by_id::ById;
use fang_core::store::Claimed;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// Messages from lock-claims to the next written claims. Committers write, the claimer reads.
#[derive(Debug, Default)]
pub(super) struct LeftByLocks {
    /// Whether tasks wait that only a written claim can take.
    has_apart: AtomicBool,
    /// Tasks whose lock-claim was lost with its connection, until the next claim begins. A claim that was sent
    /// before may still return them under the same lease, even after their results were saved.
    lost: Mutex<ById<i32>>,
}

impl LeftByLocks {
    /// Tells that tasks wait which only a written claim can take.
    pub(super) fn set_apart(&self) {
        self.has_apart.store(true, Ordering::Relaxed);
    }

    /// Whether tasks wait that only a written claim can take.
    pub(super) fn has_apart(&self) -> bool {
        self.has_apart.load(Ordering::Relaxed)
    }

    /// Whether tasks wait that only a written claim can take. Resets the answer: the caller is about to claim them.
    pub(super) fn take_apart(&self) -> bool {
        self.has_apart.swap(false, Ordering::Relaxed)
    }

    /// Tells that the lock-claims of these tasks were lost with their connection, and that written claims replaced
    /// them.
    pub(super) fn lost(&self, claims: impl IntoIterator<Item = (Uuid, i32)>) {
        self.all_lost().extend(claims);
    }

    /// Tells that a claim begins. The previous one has been answered or given up, and the new one cannot find a
    /// claimed row.
    pub(super) fn claim_begins(&self) {
        self.all_lost().clear();
    }

    /// Drops tasks whose lock-claim was lost from a written claim that has just returned. Returns whether it dropped
    /// any.
    pub(super) fn take_lost_out_of(&self, tasks: &mut Vec<Claimed>) -> bool {
        let (lost, before) = (self.all_lost(), tasks.len());
        tasks.retain(|task| lost.get(&task.id) != Some(&task.lease));
        tasks.len() < before
    }

    fn all_lost(&self) -> MutexGuard<'_, ById<i32>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::example;

    #[test]
    fn tasks_that_lost_their_locks_are_dropped_from_the_claim_under_way_and_from_no_later_one() {
        let left = LeftByLocks::default();
        let takes = |lease| left.take_lost_out_of(&mut vec![Claimed { lease, ..example() }]);
        left.claim_begins();
        left.lost([(Uuid::nil(), 1)]);
        assert_eq!([takes(1), takes(2)], [true, false]);
        left.claim_begins();
        assert!(!takes(1));
    }
}
