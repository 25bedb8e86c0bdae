//! What lock-claims leave for written claims to know.

use fang_core::store::Claimed;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// What lock-claims leave for written claims to know. Settlers write, the claimer reads.
#[derive(Debug, Default)]
pub(super) struct LeftByLocks {
    /// Whether there are tasks whose rows must be written before they run.
    has_apart: AtomicBool,
    /// Tasks whose lock-claim was lost with its connection, until the next claim begins. The answer of a claim that is
    /// under way may bring them under the same lease, even after their results were saved.
    lost: Mutex<HashMap<Uuid, i32>>,
}

impl LeftByLocks {
    /// There are tasks whose rows must be written before they run.
    pub(super) fn set_apart(&self) {
        self.has_apart.store(true, Ordering::Relaxed);
    }

    /// Whether there are such tasks.
    pub(super) fn has_apart(&self) -> bool {
        self.has_apart.load(Ordering::Relaxed)
    }

    /// Whether there are such tasks. The claim that asks will look for them.
    pub(super) fn take_apart(&self) -> bool {
        self.has_apart.swap(false, Ordering::Relaxed)
    }

    /// The lock-claims of these were lost with their connection, and by now written claims stand for them.
    pub(super) fn lost(&self, claims: impl IntoIterator<Item = (Uuid, i32)>) {
        self.all_lost().extend(claims);
    }

    /// A claim begins; the one before has had its answer, or is given up. It finds no row that is claimed by now.
    pub(super) fn claim_begins(&self) {
        self.all_lost().clear();
    }

    /// Takes those whose locks were lost out of what was claimed in writing just now. Returns whether there was any.
    pub(super) fn take_lost_out_of(&self, tasks: &mut Vec<Claimed>) -> bool {
        let (lost, before) = (self.all_lost(), tasks.len());
        tasks.retain(|task| lost.get(&task.id) != Some(&task.lease));
        tasks.len() < before
    }

    fn all_lost(&self) -> MutexGuard<'_, HashMap<Uuid, i32>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::example;

    #[test]
    fn what_lost_its_locks_is_taken_out_of_the_claim_that_is_under_way_and_of_no_later_one() {
        let left = LeftByLocks::default();
        let takes = |lease| left.take_lost_out_of(&mut vec![Claimed { lease, ..example() }]);
        left.claim_begins();
        left.lost([(Uuid::nil(), 1)]);
        assert_eq!([takes(1), takes(2)], [true, false]);
        left.claim_begins();
        assert!(!takes(1));
    }
}
