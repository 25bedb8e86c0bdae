//! The memory and processor time of this process, and the processor time of all, read from Linux.

use crate::machine::{field, first_number};
use std::fs;
use std::time::Duration;

/// Returns the resident memory in MB.
pub fn resident_mb() -> f64 {
    field("/proc/self/status", "VmRSS").and_then(|text| first_number(&text)).unwrap_or(0.0) / 1024.0
}

/// Returns the processor time of all threads.
pub fn busy() -> Duration {
    busy_of(std::process::id())
}

/// Returns the processor time of all threads of the process with this id. Zero if there is no such process.
pub fn busy_of(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let nanos = threads.filter_map(|thread| {
        let schedstat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        schedstat.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

/// The ids of the processes that the process with this id has started, and that are not waited for yet.
pub fn children_of(pid: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// The id of the process that has started the one with this id.
pub fn parent_of(pid: u32) -> Option<u32> {
    field(&format!("/proc/{pid}/status"), "PPid")?.parse().ok()
}

/// For how long the processors were busy with any process since the start of the machine, in hundredths of a second of one
/// processor.
pub fn busy_ticks() -> u64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let all = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    // user, nice, system, idle, iowait, irq, softirq
    let busy = all.take(7).enumerate().filter(|(place, _)| !matches!(place, 3 | 4));
    busy.filter_map(|(_, ticks)| ticks.parse::<u64>().ok()).sum()
}
