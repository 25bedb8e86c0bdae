//! How busy a pool is: counters that its parts share without a lock.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// How busy a pool is, at one look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Tasks claimed and not yet run to their end, but for those whose workers were replaced.
    pub in_flight: usize,
    /// Results not yet saved.
    pub unsaved: usize,
    /// How long a run takes, on a moving average; `None` before the first.
    pub mean_run: Option<Duration>,
    /// How many bytes a payload has, on a moving average; 0 before the first.
    pub mean_bytes: usize,
}

impl Load {
    /// Of a pool that has nothing to do.
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
    /// Stands for "no run yet".
    const NO_MEAN: u64 = 0;

    /// `tasks` were claimed, with payloads of so many bytes in all.
    pub fn claimed(&self, tasks: usize, bytes: usize) {
        self.in_flight.fetch_add(tasks, Ordering::SeqCst);
        if let Some(sample) = bytes.checked_div(tasks) {
            let mean = self.mean_bytes.load(Ordering::Relaxed);
            // Quick to grow, slow to shrink: it is there to keep memory bounded.
            self.mean_bytes.store(sample.max(mean - mean / 16), Ordering::Relaxed);
        }
    }

    /// A result is about to be sent. It is counted first, since it may be saved before its sender goes on.
    pub fn result(&self) {
        self.unsaved.fetch_add(1, Ordering::SeqCst);
    }

    /// One run is over, or one task was given back unrun. Returns whether the claimer should be
    /// woken, because so few are left that it wants more.
    #[must_use]
    pub fn left(&self) -> bool {
        let before = self.in_flight.fetch_sub(1, Ordering::SeqCst);
        before.saturating_sub(self.replaced.load(Ordering::SeqCst))
            <= self.wake_at.load(Ordering::SeqCst).saturating_add(1)
    }

    /// Another worker took the place of one whose run does not end.
    pub fn replaced(&self) {
        self.replaced.fetch_add(1, Ordering::SeqCst);
    }

    /// Such a run has ended after all, and its worker with it.
    pub fn replaced_ended(&self) {
        self.replaced.fetch_sub(1, Ordering::SeqCst);
    }

    /// A run took this long. Two workers that report at once may lose one report: it is an average.
    pub fn ran(&self, run: Duration) {
        let sample = u64::try_from(run.as_nanos()).unwrap_or(u64::MAX).max(1);
        let mean = match self.mean_nanos.load(Ordering::Relaxed) {
            Self::NO_MEAN => sample,
            mean => mean - mean / 16 + sample / 16,
        };
        self.mean_nanos.store(mean.max(1), Ordering::Relaxed);
    }

    /// `results` were saved, or dropped for good.
    pub fn saved(&self, results: usize) {
        self.unsaved.fetch_sub(results, Ordering::SeqCst);
    }

    /// Wants the claimer woken once no more than this many tasks are in flight.
    pub fn wake_at(&self, in_flight: usize) {
        self.wake_at.store(in_flight, Ordering::SeqCst);
    }

    /// One look at the counters.
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
