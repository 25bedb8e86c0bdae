//! The decision whether lock-claims are worth it.

use crate::policy::decide::success;
use crate::state::load::Load;
use fang_core::RetentionMode;
use fang_core::store::Verdict;
use std::time::Duration;

/// Lock-claims are for tasks that take less than this on average. Too few longer ones would end before the commit.
const SHORT: Duration = Duration::from_millis(10);

/// How long all claims are written after two lock-claims failed in a row: the server may have no connection left for
/// them.
const REST: Duration = Duration::from_secs(5);

/// Whether a pool may make lock-claims. It may not where rows of finished tasks are kept: these are written in any
/// case.
pub(super) fn may_lock(is_wanted: bool, retention: RetentionMode) -> bool {
    is_wanted && success(retention, None) == Verdict::Remove
}

/// The decision whether lock-claims are worth it now. All instants count from the same fixed one.
#[derive(Debug, Default)]
pub(super) struct Worth {
    rests_until: Duration,
    has_failed: bool,
}

impl Worth {
    /// They are worth it if tasks are short and the claim is likely to bring many.
    pub(super) fn is_given(&self, now: Duration, load: Load, are_many: bool) -> bool {
        are_many && now >= self.rests_until && load.mean_run.is_some_and(|mean| mean < SHORT)
    }

    /// Tells that a lock-claim succeeded.
    pub(super) fn locked(&mut self) {
        self.has_failed = false;
    }

    /// Tells that a lock-claim failed.
    pub(super) fn failed(&mut self, now: Duration) {
        if self.has_failed {
            self.rests_until = now + REST;
        }
        self.has_failed = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(60);

    fn load(mean_run: Option<Duration>) -> Load {
        Load { mean_run, ..Load::default() }
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn only_many_short_tasks_are_worth_it() {
        let worth = Worth::default();
        assert!(worth.is_given(NOW, load(Some(ms(9))), true));
        assert!(!worth.is_given(NOW, load(Some(ms(9))), false));
        assert!(!worth.is_given(NOW, load(Some(ms(10))), true));
        assert!(!worth.is_given(NOW, load(None), true));
    }

    #[test]
    fn claims_are_written_for_a_while_after_two_failures_in_a_row() {
        let (mut worth, short) = (Worth::default(), load(Some(ms(1))));
        worth.failed(NOW);
        worth.locked();
        worth.failed(NOW);
        assert!(worth.is_given(NOW, short, true));
        worth.failed(NOW);
        assert!(!worth.is_given(NOW + REST - ms(1), short, true));
        assert!(worth.is_given(NOW + REST, short, true));
    }
}
