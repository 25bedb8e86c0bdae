//! Where the list of lock-claimed tasks, the table `fang_lock_claims`, begins.

use crate::store::{LockedTask, ScanRange};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many connections of a pool make lock-claims. One claims or commits while the tasks of the other run.
pub const SLOTS: i16 = 2;

/// How often to look where the list begins. Each claim walks past the rows deleted since, once for each
/// scan range.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A transaction that locks tasks lists them within this time, or its connection is closed and what it
/// lists has no effect: statements end after 30 s, and idle transactions after 5 s.
const LISTED_WITHIN: Duration = Duration::from_secs(60);

/// Remembers the first transaction under which tasks may be listed, so that claims read the list from there
/// on. A long transaction may keep the server from removing deleted rows, and hundreds of lists are written
/// each second.
#[derive(Debug, Default)]
pub struct FirstListed(Mutex<Known>);

#[derive(Clone, Debug, Default)]
struct Known {
    transaction: i64,
    looked_at: Option<Duration>,
    /// Whether a claim has found tasks since. Until then, nothing new is listed.
    has_found_tasks: bool,
    /// The next transaction at each look of the last minute, the latest last.
    to_come: VecDeque<(Duration, i64)>,
}

/// The answer of `first_listed.sql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookAtLists {
    /// The first transaction, from the known one on, under which tasks are listed.
    pub listed: Option<i64>,
    /// The oldest open transaction.
    pub open: i64,
    /// The next transaction to begin.
    pub to_come: i64,
}

impl FirstListed {
    /// The number of that transaction; zero when it is not known.
    pub fn transaction(&self) -> i64 {
        self.known().transaction
    }

    /// Notes the outcome of a claim. Where one claim finds tasks, others may list more. After a failure all
    /// is forgotten: the next answer may come from another server, whose transactions have other numbers.
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

    /// Notes the answer of a look. From now on, tasks are listed only by transactions that are open and not
    /// too old, or that have yet to begin.
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

    /// Forgets everything.
    pub fn forget(&self) {
        *self.known() = Known::default();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far a lock-claim has come: the scan range of its last task, and the latest instant of its tasks in
/// that range.
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
    fn a_look_is_due_every_second_while_tasks_are_found_and_after_a_failure() {
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
    fn a_lock_claim_reaches_the_last_instant_in_the_range_of_its_last_task() {
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
