//! A gate that lets few notifications pass when inserts come close together.

use std::collections::HashMap;
use std::time::Duration;

/// The kind of a notification: it tells the pools that get it whether the next inserts will be notified as
/// well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// The task becomes due this long from now, and pools need not look for it before. A later task may come
    /// without a notification: the claim that finds this one tells of it.
    Due(Duration),
    /// The next insert will be notified as well.
    Single,
    /// A burst of inserts. Further ones may come without a notification for 100 ms, so pools poll often
    /// during that time.
    Burst,
}

impl Notice {
    /// The notice for a task that becomes due this long from now.
    pub fn due_in(delay: Duration) -> Self {
        if delay.is_zero() { Self::Single } else { Self::Due(delay) }
    }

    /// The notice that stands for both: the one that makes pools look earlier and more often.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Due(one), Self::Due(other)) => Self::Due(one.min(other)),
            _ => self.max(other),
        }
    }
}

/// Limits the notifications of each task type, since each one makes the other commits of the database wait.
///
/// A task that comes alone is notified as [`Notice::Single`]. One that follows within the window is
/// notified as [`Notice::Burst`]. After that none of its type is notified until the window is over, and
/// claimers poll often meanwhile.
///
/// A task that becomes due later is notified as [`Notice::Due`], unless an earlier task of its type was: the claim that
/// finds that one tells of this one.
#[derive(Debug, Default)]
pub struct BurstGate {
    passed: HashMap<String, Passed>,
    /// For each task type, the earliest instant of the future that was notified.
    due: HashMap<String, Duration>,
    commits: Commits,
}

/// The notifications that transactions of the application were to send at their commits, since this instant.
#[derive(Debug, Default)]
struct Commits {
    since: Duration,
    sent: u32,
}

/// The last notification of a task type.
#[derive(Clone, Copy, Debug)]
struct Passed {
    notice: Notice,
    at: Duration,
    /// When the last task came, with a notification or without.
    last: Duration,
}

impl BurstGate {
    /// How long after the begin of a [burst](Notice::Burst) no notification of its task type passes. A
    /// claimer that received it polls often for as long.
    pub const WINDOW: Duration = Duration::from_millis(100);

    /// From this many task types on, those without a recent task are forgotten.
    const REMEMBERED: usize = 1024;

    /// Returns the notice to send for an insert now, at least `least`, or `None` when nothing is to be
    /// sent. `now` counts from any fixed instant.
    pub fn pass(&mut self, task_type: &str, least: Notice, now: Duration) -> Option<Notice> {
        let Some(passed) = self.passed.get_mut(task_type) else {
            self.remember(task_type, least, now);
            return Some(least);
        };
        let notice = passed.next(now).map(|notice| notice.max(least));
        passed.last = now;
        if let Some(notice) = notice {
            (passed.notice, passed.at) = (notice, now);
        }
        notice
    }

    /// Returns the notice to send for a task that becomes due after this delay, or `None` when nothing is to be sent.
    pub fn pass_due(&mut self, task_type: &str, delay: Duration, now: Duration) -> Option<Notice> {
        let at = now.saturating_add(delay);
        if self.due.get(task_type).is_some_and(|known| now < *known && *known <= at) {
            return None;
        }
        if self.due.len() >= Self::REMEMBERED {
            self.due.retain(|_, known| now < *known);
        }
        // Such a delay is over before the window is.
        if delay < Self::WINDOW && self.pass(task_type, Notice::Single, now)? == Notice::Burst {
            return Some(Notice::Burst);
        }
        self.due.insert(task_type.to_owned(), at);
        Some(Notice::Due(delay))
    }

    /// Whether a transaction of the application may notify at its commit. A few do in each window, so that a lone one
    /// notifies at once, and many hardly wait for each other.
    pub fn pass_commit(&mut self, now: Duration) -> bool {
        const IN_A_WINDOW: u32 = 5;
        if now.saturating_sub(self.commits.since) >= Self::WINDOW {
            self.commits = Commits { since: now, sent: 0 };
        }
        self.commits.sent = self.commits.sent.saturating_add(1);
        self.commits.sent <= IN_A_WINDOW
    }

    fn remember(&mut self, task_type: &str, notice: Notice, now: Duration) {
        // An application may have a task type for each of its customers.
        if self.passed.len() >= Self::REMEMBERED {
            self.passed.retain(|_, passed| is_recent(passed.last, now));
        }
        self.passed.insert(task_type.to_owned(), Passed { notice, at: now, last: now });
    }
}

impl Passed {
    /// The notice for a task that comes now.
    fn next(&self, now: Duration) -> Option<Notice> {
        let is_open = self.notice == Notice::Burst && is_recent(self.at, now);
        match is_recent(self.last, now) {
            _ if is_open => None,
            true => Some(Notice::Burst),
            false => Some(Notice::Single),
        }
    }
}

fn is_recent(at: Duration, now: Duration) -> bool {
    now.saturating_sub(at) < BurstGate::WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_may_be_due_in_a_moment_is_notified_as_a_burst() {
        let (mut gate, at) = (BurstGate::default(), Duration::from_millis);
        let first = Some(Notice::Burst);
        assert_eq!([0, 50, 100].map(|ms| gate.pass("a", Notice::Burst, at(ms))), [first, None, first]);
        assert_eq!([300, 301].map(|ms| gate.pass("a", Notice::Burst, at(ms))), [first, None]);
    }

    #[test]
    fn only_the_earliest_of_the_tasks_that_become_due_later_is_notified() {
        let (mut gate, ms) = (BurstGate::default(), Duration::from_millis);
        let mut pass = |now, delay| gate.pass_due("a", ms(delay), ms(now));
        let due = |delay| Some(Notice::Due(ms(delay)));
        assert_eq!(
            [pass(0, 1000), pass(1, 1000), pass(2, 500), pass(3, 800)],
            [due(1000), None, due(500), None]
        );
        assert_eq!([pass(501, 1000), pass(502, 1000)], [None, due(1000)], "the earliest one is over");
        assert_eq!([pass(1000, 1000), pass(1000, 100)], [None, due(100)]);
    }

    #[test]
    fn tasks_with_short_delays_are_notified_as_rarely_as_those_without() {
        let (mut gate, ms) = (BurstGate::default(), Duration::from_millis);
        let sent: Vec<_> = (0..1000).filter_map(|now| gate.pass_due("a", ms(1), ms(now))).collect();
        assert_eq!(sent[0], Notice::Due(ms(1)));
        assert_eq!(sent[1..], [Notice::Burst; 10]);
    }

    #[test]
    fn two_notices_become_the_one_that_makes_pools_look_earlier() {
        let due = |ms| Notice::Due(Duration::from_millis(ms));
        assert_eq!(due(5).and(due(3)), due(3));
        assert_eq!([due(5).and(Notice::Single), Notice::Burst.and(due(5))], [Notice::Single, Notice::Burst]);
    }

    fn passed(inserts: &[(&str, u64)]) -> Vec<Option<Notice>> {
        let mut gate = BurstGate::default();
        let passed =
            |(task_type, ms): &(&str, u64)| gate.pass(task_type, Notice::Single, Duration::from_millis(*ms));
        inserts.iter().map(passed).collect()
    }

    #[test]
    fn a_lone_task_is_notified_and_a_burst_once_in_each_window() {
        let (each, first) = (Some(Notice::Single), Some(Notice::Burst));
        assert_eq!(passed(&[("a", 0), ("a", 100), ("a", 200)]), [each; 3]);
        assert_eq!(
            passed(&[("a", 0), ("b", 0), ("a", 1), ("a", 2), ("b", 100)]),
            [each, each, first, None, each]
        );
        let many = [("a", 0), ("a", 99), ("a", 198), ("a", 199), ("a", 298), ("a", 299), ("a", 399)];
        assert_eq!(passed(&many), [each, first, None, first, None, first, each]);
    }
}
