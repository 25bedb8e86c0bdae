//! When a run began, and how long it took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The times of a run, each set once. A lock for each, as in a `OnceLock`, would take as long as a short run.
#[derive(Debug)]
pub(crate) struct RunTimes {
    began: AtomicU64,
    took: AtomicU64,
}

/// A time that is not set. No other one has so many nanoseconds: they are 584 years.
const UNSET: u64 = u64::MAX;

impl Default for RunTimes {
    fn default() -> Self {
        Self { began: AtomicU64::new(UNSET), took: AtomicU64::new(UNSET) }
    }
}

impl RunTimes {
    /// The run begins at this time.
    pub(crate) fn begin(&self, now: Duration) {
        set(&self.began, now);
    }

    /// The run has ended, which asks for the time. Returns `false` if it had ended before, or did not begin.
    pub(crate) fn end(&self, now: impl FnOnce() -> Duration) -> bool {
        match (self.began(), self.took()) {
            (Some(began), None) => set(&self.took, now().saturating_sub(began)),
            _ => false,
        }
    }

    /// When it began.
    pub(crate) fn began(&self) -> Option<Duration> {
        get(&self.began)
    }

    /// How long it took.
    pub(crate) fn took(&self) -> Option<Duration> {
        get(&self.took)
    }
}

/// Returns whether it was not set before.
fn set(time: &AtomicU64, to: Duration) -> bool {
    let nanos = u64::try_from(to.as_nanos()).map_or(UNSET - 1, |nanos| nanos.min(UNSET - 1));
    time.compare_exchange(UNSET, nanos, Ordering::AcqRel, Ordering::Acquire).is_ok()
}

fn get(time: &AtomicU64) -> Option<Duration> {
    let nanos = time.load(Ordering::Acquire);
    (nanos != UNSET).then(|| Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_run_ends_once_and_not_before_it_began() {
        let times = RunTimes::default();
        assert!(!times.end(|| SECOND) && times.took().is_none());
        times.begin(2 * SECOND);
        times.begin(3 * SECOND);
        assert_eq!(times.began(), Some(2 * SECOND));
        assert!(times.end(|| 5 * SECOND) && !times.end(|| 9 * SECOND));
        assert_eq!(times.took(), Some(3 * SECOND));
    }

    #[test]
    fn times_beyond_the_largest_number_are_set_all_the_same() {
        let times = RunTimes::default();
        times.begin(Duration::ZERO);
        assert!(times.end(|| Duration::MAX));
        assert!(times.took().is_some_and(|took| took.as_secs() > 500 * 365 * 24 * 3600));
    }
}
