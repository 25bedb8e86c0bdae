//! Counters for the report of a shutdown.

use crate::settings::Shutdown;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the pool started. Workers, the finisher and the shutdown write; the shutdown reads.
#[derive(Debug, Default)]
pub struct Stats {
    /// Tasks given back uncharged.
    pub handed_back: AtomicU64,
    /// Results that came too late.
    pub late: AtomicU64,
}

impl Stats {
    /// The report of a shutdown after which this many runs go on.
    pub fn report(&self, still_running: usize) -> Shutdown {
        Shutdown {
            handed_back: self.handed_back.load(Ordering::Relaxed),
            still_running,
            late_results: self.late.load(Ordering::Relaxed),
        }
    }
}
