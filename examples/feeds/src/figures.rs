//! What this process has measured of itself.

use hdrhistogram::{CreationError, Histogram};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// A longer latency counts as an hour, in microseconds.
const LONGEST: u64 = 3_600_000_000;

/// Until then connections are opened, plans made and caches filled.
pub(crate) const WARM_UP: Duration = Duration::from_secs(5);

/// How many tasks of a kind have run, and how long that took.
pub(crate) struct Tally {
    began: Instant,
    runs: AtomicU64,
    /// In microseconds after the begin.
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

    /// Until the last of them began. The other kind may have work for longer.
    pub(crate) fn a_second(&self) -> f64 {
        let seconds = Duration::from_micros(self.last.load(Relaxed)).as_secs_f64();
        if seconds > 0.0 { self.runs() as f64 / seconds } else { 0.0 }
    }
}

/// Of this process, for the summary.
pub(crate) struct Figures {
    began: SystemTime,
    /// What runs on tokio.
    pub(crate) light: Tally,
    /// What runs on threads.
    pub(crate) heavy: Tally,
    latencies: Mutex<Latencies>,
}

/// In microseconds.
struct Latencies {
    all: Histogram<u64>,
    /// Those after [`WARM_UP`].
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

    /// A delivery that was inserted then begins now. Those of an earlier process are left out: they
    /// would tell for how long it was dead.
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

    /// What shares of all deliveries began within which times; and of those after [`WARM_UP`], if there were any.
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
