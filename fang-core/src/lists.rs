//! Where the lists of lock-claimed tasks begin in their table.

use crate::store::{LockedTask, ScanRange};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The number of connections for lock-claims: one claims or commits while the tasks of the other run.
pub const SLOTS: i16 = 2;

/// How often the beginning is looked up. A claim scans all lists that were removed since, once for each scan
/// range.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A worker lists the tasks that it has locked within this time, or finds its connection closed and lists
/// nothing. Statements end after 30 s, and idle transactions after 5 s.
const LISTED_WITHIN: Duration = Duration::from_secs(60);

/// The first transaction with a list. Readers of lists begin there: a long transaction may keep the server
/// from vacuuming removed lists, of which there are hundreds a second.
#[derive(Debug, Default)]
pub struct FirstListed(Mutex<Known>);

#[derive(Clone, Debug, Default)]
struct Known {
    transaction: i64,
    looked_at: Option<Duration>,
    /// Whether a claim has found tasks since then. Without tasks, nothing is listed.
    has_found_tasks: bool,
    /// The next transaction at each look of the last minute, the latest look last.
    to_come: VecDeque<(Duration, i64)>,
}

/// The result of `first_listed.sql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookAtLists {
    /// The first transaction with a list, from the known one on.
    pub listed: Option<i64>,
    /// The oldest open transaction.
    pub open: i64,
    /// The next transaction.
    pub to_come: i64,
}

impl FirstListed {
    /// The number of that transaction; zero when it is not known.
    pub fn transaction(&self) -> i64 {
        self.known().transaction
    }

    /// Takes the result of a claim into account. Where it found tasks, more may be listed. After a failure
    /// the next answer may come from another server, whose transactions have other numbers.
    pub fn learn<T, E>(&self, claim: &Result<Vec<T>, E>) {
        match claim {
            Ok(tasks) => self.known().has_found_tasks |= !tasks.is_empty(),
            Err(_) => self.forget(),
        }
    }

    /// Whether to look again. `now` counts from any fixed instant.
    pub fn is_due(&self, now: Duration) -> bool {
        let known = self.known();
        known.has_found_tasks && known.looked_at.is_none_or(|at| now.saturating_sub(at) >= LOOK_EVERY)
    }

    /// Updates the first transaction. Further lists can only come from an open transaction that is not too
    /// old, or from a future one.
    pub fn looked(&self, look: LookAtLists, now: Duration) {
        let mut known = self.known();
        let is_past = |(at, _): &(Duration, i64)| now.saturating_sub(*at) >= LISTED_WITHIN;
        let past = known.to_come.iter().copied().take_while(is_past).last();
        known.to_come.retain(|entry| !is_past(entry) || Some(*entry) == past);
        known.to_come.push_back((now, look.to_come));
        let may_list = past.map_or(look.open, |(_, to_come)| to_come.max(look.open));
        known.transaction = look.listed.map_or(may_list, |listed| listed.min(may_list));
        (known.looked_at, known.has_found_tasks) = (Some(now), false);
    }

    /// Forgets all that is known.
    pub fn forget(&self) {
        *self.known() = Known::default();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far a lock-claim has come: the scan range of its last task, up to the latest instant there.
pub fn reached(locked: &[LockedTask]) -> Option<ScanRange> {
    let last = &locked.last()?.task;
    let (mode, priority) = (last.mode, last.priority);
    let mine = locked.iter().filter(|locked| (locked.task.mode, locked.task.priority) == (mode, priority));
    let floor = mine.map(|locked| locked.task.scheduled_at).max()?;
    Some(ScanRange { mode, priority, floor, is_shared: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Claimed, DbInstant, Place};
    use crate::task::Priority;

    const NOW: Duration = Duration::from_secs(60);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn look(listed: Option<i64>, open: i64, to_come: i64) -> LookAtLists {
        LookAtLists { listed, open, to_come }
    }

    #[test]
    fn the_first_list_is_looked_up_every_second_while_tasks_are_found_and_after_a_failure() {
        let first = FirstListed::default();
        assert_eq!((first.transaction(), first.is_due(NOW)), (0, false));
        let found = || first.learn(&Ok::<_, ()>(vec![1]));
        found();
        assert!(first.is_due(NOW));
        first.looked(look(Some(7), 8, 9), NOW);
        assert_eq!((first.transaction(), first.is_due(NOW + ms(1_000))), (7, false));
        first.learn(&Ok::<Vec<i32>, ()>(Vec::new()));
        assert!(!first.is_due(NOW + ms(1_000)));
        found();
        assert!(!first.is_due(NOW + ms(999)) && first.is_due(NOW + ms(1_000)));
        first.learn(&Err::<Vec<i32>, ()>(()));
        found();
        assert_eq!((first.transaction(), first.is_due(NOW)), (0, true));
    }

    #[test]
    fn transactions_that_began_a_minute_ago_list_nothing_more() {
        let first = FirstListed::default();
        let after = |seconds: u64, listed, to_come| {
            first.looked(look(listed, 5, to_come), NOW + Duration::from_secs(seconds));
            first.transaction()
        };
        // Transaction 5 goes on for ever.
        let transactions = [(0, 100), (10, 110), (59, 159), (60, 160), (69, 169), (70, 170), (200, 300)]
            .map(|(seconds, to_come)| after(seconds, None, to_come));
        assert_eq!(transactions, [5, 5, 5, 100, 100, 110, 170]);
        assert_eq!(after(300, Some(42), 400), 42);
    }

    #[test]
    fn a_lock_claim_has_reached_the_last_instant_in_its_last_scan_range() {
        let locked = |priority, at| {
            let task = Claimed { priority, scheduled_at: DbInstant(at), ..Claimed::example() };
            LockedTask { task, place: Place(0, 0), is_apart: false }
        };
        assert_eq!(reached(&[]), None);
        let tasks = [locked(Priority::High, 9), locked(Priority::Low, 3), locked(Priority::Low, 2)];
        let range = reached(&tasks).unwrap();
        assert_eq!((range.priority, range.floor), (Priority::Low, DbInstant(3)));
    }
}
