//! The memory and processor time of this process, read from Linux.

use crate::machine::{field, first_number};
use std::fs;
use std::time::Duration;

/// Returns the resident memory in MB.
pub fn resident_mb() -> f64 {
    field("/proc/self/status", "VmRSS").and_then(|text| first_number(&text)).unwrap_or(0.0) / 1024.0
}

/// Returns the processor time of all threads.
pub fn busy() -> Duration {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanos = threads.filter_map(|thread| {
        let schedstat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        schedstat.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}
