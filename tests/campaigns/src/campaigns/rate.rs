//! Rates of events.

use fang_faults::clock::micros;
use std::time::Duration;

const SECOND: u64 = 1_000_000;

/// The mean rate between two instants. The events are in order of time.
pub(super) fn mean(events: &[u64], from: u64, to: u64) -> f64 {
    let seconds = to.saturating_sub(from).max(1) as f64 / SECOND as f64;
    between(events, from, to) as f64 / seconds
}

/// How long after this instant the events of one second reach `rate`. `None` if that takes longer than `at_most`.
pub(super) fn back_to(events: &[u64], rate: f64, from: u64, at_most: Duration) -> Option<Duration> {
    let steps = (from..from.saturating_add(micros(at_most))).step_by(100_000);
    let mut back = steps.filter(|start| between(events, *start, start + SECOND) as f64 >= rate);
    back.next().map(|start| Duration::from_micros(start - from))
}

fn between(events: &[u64], from: u64, to: u64) -> usize {
    let index = |at: u64| events.partition_point(|event| *event < at);
    index(to).saturating_sub(index(from))
}
