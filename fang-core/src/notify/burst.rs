//! Bursts: inserts close together, for which only a few notifications are sent.

use std::collections::HashMap;
use std::time::Duration;

/// The kind of a notification, which says whether the inserts that follow send one as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// The next insert sends a notification as well.
    Single,
    /// A burst begins. For the length of the [window](BurstGate::WINDOW), further inserts send none.
    Burst,
}

/// Limits the notifications of a task type, since each one makes all other commits of the database wait. A
/// task that comes alone is sent as [`Single`](Notice::Single). One that follows soon is sent as the first of
/// a [`Burst`](Notice::Burst), during which claimers poll often.
#[derive(Debug, Default)]
pub struct BurstGate {
    passed: HashMap<String, Passed>,
}

/// The last notification of a task type.
#[derive(Clone, Copy, Debug)]
struct Passed {
    notice: Notice,
    at: Duration,
    /// When the last task was inserted, with or without a notification.
    last: Duration,
}

impl BurstGate {
    /// The length of a [burst](Notice::Burst): during this time, no further notification of the task type is
    /// sent. A claimer that receives a burst polls often for the same time.
    pub const WINDOW: Duration = Duration::from_millis(100);

    /// The number of task types from which on those without a recent insert are forgotten.
    const REMEMBERED: usize = 1024;

    /// The notification to send for an insert, if any, at least as strong as `least`. `now` counts from any
    /// fixed instant.
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
    /// The notification to send now, if any.
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
    fn a_task_that_may_be_due_soon_is_sent_as_the_first_of_a_burst() {
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
    fn a_single_task_sends_a_notification_and_a_burst_sends_one_per_window() {
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
