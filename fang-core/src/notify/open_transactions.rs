//! Transactions of the application whose inserts nobody was notified of.

use super::Topic;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// The transactions of the application that inserted tasks without a notification, until it is known how they end. A
/// watcher looks at them, and notifies for those that have committed.
///
/// Instants count from any fixed one.
#[derive(Debug, Default)]
pub struct OpenTransactions {
    /// By the numbers that the database has given them.
    open: HashMap<i64, Open>,
    is_watched: bool,
}

#[derive(Debug)]
struct Open {
    topics: BTreeSet<Topic<'static>>,
    since: Duration,
    look_at: Duration,
}

impl OpenTransactions {
    /// How often the watcher asks which transactions are [due](Self::due).
    pub const TICK: Duration = Duration::from_millis(5);

    /// A transaction that stays open is looked at ever more seldom, at last this often.
    const MOST_SELDOM: Duration = Duration::from_secs(1);

    /// A notification is late by at most this part of the time that its transaction was open, beside a tick.
    const LATE: u32 = 20;

    /// So many are remembered. Inserts of further ones notify at their commit.
    const MAX: usize = 10_000;

    /// Whether there is room for another transaction.
    pub fn has_room(&self) -> bool {
        self.open.len() < Self::MAX
    }

    /// Adds what a transaction has to notify. Returns `true` if the caller has to start the watcher.
    #[must_use]
    pub fn add(&mut self, transaction: i64, topics: Vec<Topic<'static>>, now: Duration) -> bool {
        let new = || Open { topics: BTreeSet::new(), since: now, look_at: now + Self::TICK };
        self.open.entry(transaction).or_insert_with(new).topics.extend(topics);
        !std::mem::replace(&mut self.is_watched, true)
    }

    /// The transactions that the watcher looks at now.
    pub fn due(&mut self, now: Duration) -> Vec<i64> {
        let mut due = Vec::new();
        for (transaction, open) in self.open.iter_mut().filter(|(_, open)| open.look_at <= now) {
            let pause = (now.saturating_sub(open.since) / Self::LATE).clamp(Self::TICK, Self::MOST_SELDOM);
            open.look_at = now + pause;
            due.push(*transaction);
        }
        due
    }

    /// Forgets transactions that have ended. Returns what those that have committed had to notify.
    pub fn ended(&mut self, ended: impl Iterator<Item = (i64, bool)>) -> BTreeSet<Topic<'static>> {
        let mut topics = BTreeSet::new();
        for (transaction, has_committed) in ended {
            if let Some(open) = self.open.remove(&transaction).filter(|_| has_committed) {
                topics.extend(open.topics);
            }
        }
        topics
    }

    /// Whether nothing is left to look at. The watcher ends then, and the next transaction needs another one.
    #[must_use]
    pub fn is_over(&mut self) -> bool {
        self.is_watched &= !self.open.is_empty();
        !self.is_watched
    }

    /// The watcher was dropped. The next transaction needs another one.
    pub fn unwatched(&mut self) {
        self.is_watched = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn mail() -> Vec<Topic<'static>> {
        vec![Topic::task_type("mail")]
    }

    #[test]
    fn one_watcher_is_started_and_ends_when_no_transaction_is_open() {
        let mut open = OpenTransactions::default();
        assert_eq!([7, 8].map(|transaction| open.add(transaction, mail(), ms(0))), [true, false]);
        assert!(!open.is_over());
        assert_eq!(open.ended([(7, true), (8, false)].into_iter()), BTreeSet::from_iter(mail()));
        assert!(open.is_over());
        assert!(open.add(9, mail(), ms(0)), "the next one needs another watcher");
        open.unwatched();
        assert!(open.add(10, mail(), ms(0)), "the watcher was dropped");
    }

    #[test]
    fn only_what_has_committed_is_told() {
        let mut open = OpenTransactions::default();
        let _ = open.add(7, mail(), ms(0));
        let _ = open.add(7, vec![Topic::task_type("sync")], ms(1));
        let _ = open.add(8, vec![Topic::task_type("lost")], ms(1));
        assert_eq!(open.ended([(8, false), (7, true)].into_iter()).len(), 2);
        assert!(open.ended([(7, true)].into_iter()).is_empty(), "once");
    }

    #[test]
    fn a_transaction_that_stays_open_is_looked_at_ever_more_seldom() {
        let mut open = OpenTransactions::default();
        let _ = open.add(7, mail(), ms(0));
        let looks: Vec<u64> = (0..60_000).filter(|now| !open.due(ms(*now)).is_empty()).collect();
        assert_eq!(looks[..3], [5, 10, 15]);
        assert!(looks.windows(2).all(|near| near[1] - near[0] <= 6.max(near[0] / 20 + 1)));
        assert_eq!(looks.iter().filter(|at| **at >= 50_000).count(), 10);
    }
}
