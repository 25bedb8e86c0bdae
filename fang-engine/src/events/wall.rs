//! The time of day without a look at its clock.

use chrono::Utc;
use fang_core::store::DbInstant;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// The time of day, from the clock that each run reads anyway. A second clock would cost a run more than all its counters.
#[derive(Debug)]
pub(crate) struct Wall {
    /// When the pool was made.
    base: Instant,
    /// The time of day at `base`, as a [`DbInstant`]. The heart writes, workers read.
    time: AtomicI64,
}

impl Wall {
    pub(crate) fn new() -> Self {
        let wall = Self { base: Instant::now(), time: AtomicI64::new(0) };
        wall.set();
        wall
    }

    /// Reads the clock, which may have been set since the last time.
    pub(crate) fn set(&self) {
        let since = micros(self.now());
        self.time.store(DbInstant::from(Utc::now()).0.saturating_sub(since), Ordering::Relaxed);
    }

    /// The time of the pool: how long ago it was made.
    pub(crate) fn now(&self) -> Duration {
        self.base.elapsed()
    }

    /// The time of day at a time of the pool.
    pub(crate) fn at(&self, time: Duration) -> DbInstant {
        DbInstant(self.time.load(Ordering::Relaxed).saturating_add(micros(time)))
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_is_that_of_its_clock_also_after_the_clock_was_set() {
        let wall = Wall::new();
        let differs = |later: Duration| {
            let told = wall.at(wall.now() + later).0 - micros(later);
            (told - DbInstant::from(Utc::now()).0).abs()
        };
        assert!(differs(Duration::ZERO) < 1_000_000 && differs(Duration::from_secs(3600)) < 1_000_000);
        wall.time.fetch_add(7_200_000_000, Ordering::Relaxed);
        assert!(differs(Duration::ZERO) > 7_000_000_000);
        wall.set();
        assert!(differs(Duration::ZERO) < 1_000_000);
    }
}
