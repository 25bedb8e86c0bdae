//! The one clock of all processes of a crash test.

use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Microseconds since the system started. This clock is never set, and all processes read the same one.
pub fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or_default() * 1_000_000
        + u64::try_from(now.tv_nsec).unwrap_or_default() / 1000
}

/// The difference between this clock and microseconds since 1970, which Postgres gives.
pub fn since_epoch() -> u64 {
    let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    micros(epoch).saturating_sub(now())
}

/// A span in the unit of this clock.
pub fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
