//! Inserts close together, of which few are worth a notification.

use std::collections::HashMap;
use std::time::Duration;

/// What a notification says of the inserts that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// The next insert sends one as well.
    Single,
    /// A burst begins: more may follow without one, for as long as the [window](BurstGate::WINDOW) of a gate is open.
    Burst,
}

/// Lets few notifications of a task type pass: each costs every other commit of the database a wait. A task that comes
/// alone is notice, and so is the next one, if it comes soon: as the first of many, for which claimers look often
/// for a while.
#[derive(Debug, Default)]
pub struct BurstGate {
    passed: HashMap<String, Passed>,
}

/// What has passed of a task type.
#[derive(Clone, Copy, Debug)]
struct Passed {
    notice: Notice,
    at: Duration,
    /// When the last task came, notice or not.
    last: Duration,
}

impl BurstGate {
    /// For so long after a [burst](Notice::Burst) has begun no notification of its task type passes. A claimer that hears
    /// of it looks often for just as long.
    pub const WINDOW: Duration = Duration::from_millis(100);

    /// How many task types are remembered before those are forgotten whose window is over.
    const REMEMBERED: usize = 1024;

    /// Whether to announce an insert now, and as what: at least as `least`. `now` counts from any fixed instant.
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
        // Task types may be as many as an application has customers.
        if self.passed.len() >= Self::REMEMBERED {
            self.passed.retain(|_, passed| is_recent(passed.last, now));
        }
        self.passed.insert(task_type.to_owned(), Passed { notice, at: now, last: now });
    }
}

impl Passed {
    /// What passes now.
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
    fn what_may_be_due_in_a_moment_is_announced_as_the_first_of_many() {
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
    fn a_task_that_comes_alone_is_announced_and_then_one_of_many_in_a_window() {
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
