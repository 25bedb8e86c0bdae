//! Measurements of this process, for the summary.

use hdrhistogram::{CreationError, Histogram};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// A longer latency counts as an hour, in microseconds.
const LONGEST: u64 = 3_600_000_000;

/// In this time connections are opened, plans are made and caches are filled.
pub(crate) const WARM_UP: Duration = Duration::from_secs(5);

/// The number of runs in one mode, and the time they took.
pub(crate) struct Tally {
    began: Instant,
    runs: AtomicU64,
    /// When the last run began, in microseconds since `began`.
    last: AtomicU64,
}

impl Tally {
    fn new() -> Self {
        Self { began: Instant::now(), runs: AtomicU64::new(0), last: AtomicU64::new(0) }
    }

    pub(crate) fn count(&self) {
        self.runs.fetch_add(1, Relaxed);
        self.last.fetch_max(micros(self.began.elapsed()), Relaxed);
    }

    pub(crate) fn runs(&self) -> u64 {
        self.runs.load(Relaxed)
    }

    /// Runs per second until the last run began. Later the other mode may still have work.
    pub(crate) fn a_second(&self) -> f64 {
        let seconds = Duration::from_micros(self.last.load(Relaxed)).as_secs_f64();
        if seconds > 0.0 { self.runs() as f64 / seconds } else { 0.0 }
    }
}

/// Measurements of this process, for the summary.
pub(crate) struct Figures {
    began: SystemTime,
    /// Tasks on tokio.
    pub(crate) light: Tally,
    /// Tasks on threads.
    pub(crate) heavy: Tally,
    latencies: Mutex<Latencies>,
}

/// Latencies in microseconds.
struct Latencies {
    all: Histogram<u64>,
    /// The latencies after [`WARM_UP`].
    warm: Histogram<u64>,
}

impl Figures {
    pub(crate) fn new() -> Result<Self, CreationError> {
        Ok(Self {
            began: SystemTime::now(),
            light: Tally::new(),
            heavy: Tally::new(),
            latencies: Mutex::new(Latencies {
                all: Histogram::new_with_max(LONGEST, 3)?,
                warm: Histogram::new_with_max(LONGEST, 3)?,
            }),
        })
    }

    /// Records the latency of a delivery that begins now. Deliveries that an earlier process inserted are left out,
    /// since their latency includes the time between the two processes.
    pub(crate) fn delivery_begins(&self, inserted_at: SystemTime) {
        if inserted_at < self.began {
            return;
        }
        let waited = micros(inserted_at.elapsed().unwrap_or_default());
        let is_warm = self.began.elapsed().is_ok_and(|elapsed| elapsed >= WARM_UP);
        let mut latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        latencies.all.saturating_record(waited);
        if is_warm {
            latencies.warm.saturating_record(waited);
        }
    }

    /// Returns the latencies at these quantiles: of all deliveries, and of those after [`WARM_UP`] if there are any.
    pub(crate) fn latency<const N: usize>(&self, shares: [f64; N]) -> ([Duration; N], Option<[Duration; N]>) {
        let latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        let at = |latency: &Histogram<u64>| {
            shares.map(|share| Duration::from_micros(latency.value_at_quantile(share)))
        };
        let warm = (!latencies.warm.is_empty()).then(|| at(&latencies.warm));
        (at(&latencies.all), warm)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
