//! Tells whether a time limit ended because a test has paused the clock of tokio.

use fang_core::StoreError;
use std::time::{Duration, Instant};

/// By how much the two clocks may differ: tokio rounds to milliseconds.
const SLACK: Duration = Duration::from_millis(500);

/// The clock of tokio and that of the system, at one moment. A paused clock of tokio advances to the next timer as soon as
/// the runtime is idle, so that each time limit ends before the server can answer.
pub(super) struct Clocks {
    tokio: tokio::time::Instant,
    system: Instant,
}

impl Clocks {
    pub(super) fn read() -> Self {
        // In this order, a delay between the two reads does not look like a paused clock.
        let system = Instant::now();
        Self { tokio: tokio::time::Instant::now(), system }
    }

    /// The error of a time limit that has ended: of the clock, if it was paused.
    pub(super) fn explain(&self, error: StoreError) -> StoreError {
        let by_tokio = self.tokio.elapsed();
        if by_tokio > self.system.elapsed() + SLACK { StoreError::ClockPaused } else { error }
    }
}
