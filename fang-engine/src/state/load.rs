//! The load of a pool: counters that its parts share without a lock.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// The load of a pool at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Tasks that were claimed and have not ended. Runs whose workers were replaced do not count.
    pub in_flight: usize,
    /// Results not yet saved.
    pub unsaved: usize,
    /// How long a run takes, as a moving average; `None` before the first.
    pub mean_run: Option<Duration>,
    /// How many bytes a payload has, as a moving average; 0 before the first.
    pub mean_bytes: usize,
}

impl Load {
    /// The load of an idle pool.
    pub const NONE: Self = Self { in_flight: 0, unsaved: 0, mean_run: None, mean_bytes: 0 };
}

/// The shared counters behind [`Load`].
#[derive(Debug, Default)]
pub struct Gauge {
    in_flight: AtomicUsize,
    replaced: AtomicUsize,
    unsaved: AtomicUsize,
    mean_nanos: AtomicU64,
    mean_bytes: AtomicUsize,
    wake_at: AtomicUsize,
}

impl Gauge {
    /// The value that means "no run yet".
    const NO_MEAN: u64 = 0;

    /// Counts claimed tasks, whose payloads have this many bytes in all.
    pub fn claimed(&self, tasks: usize, bytes: usize) {
        self.in_flight.fetch_add(tasks, Ordering::SeqCst);
        if let Some(sample) = bytes.checked_div(tasks) {
            let mean = self.mean_bytes.load(Ordering::Relaxed);
            // Quick to grow and slow to shrink, because it bounds memory.
            self.mean_bytes.store(sample.max(mean - mean / 16), Ordering::Relaxed);
        }
    }

    /// Counts a result before it is sent, since the finisher may save it before the sender goes on.
    pub fn result(&self) {
        self.unsaved.fetch_add(1, Ordering::SeqCst);
    }

    /// Tells that a run has ended or a task was given back. Returns whether to wake the claimer, because so few
    /// tasks are left that it wants more.
    #[must_use]
    pub fn left(&self) -> bool {
        let before = self.in_flight.fetch_sub(1, Ordering::SeqCst);
        before.saturating_sub(self.replaced.load(Ordering::SeqCst))
            <= self.wake_at.load(Ordering::SeqCst).saturating_add(1)
    }

    /// Tells that another worker took the place of one whose run does not end.
    pub fn replaced(&self) {
        self.replaced.fetch_add(1, Ordering::SeqCst);
    }

    /// Tells that such a run has ended after all, and its worker with it.
    pub fn replaced_ended(&self) {
        self.replaced.fetch_sub(1, Ordering::SeqCst);
    }

    /// Tells how long a run took. If two workers report at once, one report may be lost: it is only an average.
    pub fn ran(&self, run: Duration) {
        let sample = u64::try_from(run.as_nanos()).unwrap_or(u64::MAX).max(1);
        let mean = match self.mean_nanos.load(Ordering::Relaxed) {
            Self::NO_MEAN => sample,
            mean => mean - mean / 16 + sample / 16,
        };
        self.mean_nanos.store(mean.max(1), Ordering::Relaxed);
    }

    /// Tells that results were saved or dropped.
    pub fn saved(&self, results: usize) {
        self.unsaved.fetch_sub(results, Ordering::SeqCst);
    }

    /// Asks for the claimer to be woken once no more than this many tasks are in flight.
    pub fn wake_at(&self, in_flight: usize) {
        self.wake_at.store(in_flight, Ordering::SeqCst);
    }

    /// Reads the counters.
    pub fn load(&self) -> Load {
        let mean = self.mean_nanos.load(Ordering::Relaxed);
        Load {
            in_flight: self
                .in_flight
                .load(Ordering::SeqCst)
                .saturating_sub(self.replaced.load(Ordering::SeqCst)),
            unsaved: self.unsaved.load(Ordering::SeqCst),
            mean_run: (mean != Self::NO_MEAN).then(|| Duration::from_nanos(mean)),
            mean_bytes: self.mean_bytes.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claimer_is_woken_once_few_enough_are_left() {
        let gauge = Gauge::default();
        gauge.claimed(4, 400);
        gauge.wake_at(2);
        for _ in 0..3 {
            gauge.result();
        }
        assert_eq!([gauge.left(), gauge.left(), gauge.left()], [false, true, true]);
        gauge.saved(2);
        assert_eq!(gauge.load(), Load { in_flight: 1, unsaved: 1, mean_run: None, mean_bytes: 100 });
    }

    #[test]
    fn the_mean_follows_the_runs() {
        let gauge = Gauge::default();
        gauge.ran(Duration::from_millis(100));
        for _ in 0..200 {
            gauge.ran(Duration::from_micros(10));
        }
        assert!(gauge.load().mean_run.unwrap() < Duration::from_millis(1));
    }
}
