//! A gate that lets few notifications pass when inserts come close together.

use std::collections::HashMap;
use std::time::Duration;

/// The kind of a notification: it tells the pools that get it whether the next inserts will be notified as
/// well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// The next insert will be notified as well.
    Single,
    /// A burst of inserts. Further ones may come without a notification for 100 ms, so pools poll often
    /// during that time.
    Burst,
}

/// Limits the notifications of each task type, since each one makes the other commits of the database wait.
///
/// A task that comes alone is notified as [`Notice::Single`]. One that follows within the window is
/// notified as [`Notice::Burst`]. After that none of its type is notified until the window is over, and
/// claimers poll often meanwhile.
#[derive(Debug, Default)]
pub struct BurstGate {
    passed: HashMap<String, Passed>,
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
