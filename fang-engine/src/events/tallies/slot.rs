//! Counters of the tasks of one task type and one kind.

use crate::policy::decide::Ending;
use fang_core::store::{Histogram, Tally};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The counters. Workers and the finisher write, the heart reads. The first eight, of which most runs write three, fill a
/// line of the cache, so that workers of several cores take few lines from each other.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Slot {
    finished: AtomicU64,
    retried: AtomicU64,
    failed: AtomicU64,
    snoozed: AtomicU64,
    cancelled: AtomicU64,
    expired: AtomicU64,
    /// How long all runs took, and how long their tasks had waited, in microseconds.
    run_micros: AtomicU64,
    wait_micros: AtomicU64,
    runs: Spans,
    /// One for each run that has begun.
    waits: Spans,
}

/// The counters of the spans of a [`Histogram`].
type Spans = [AtomicU64; Histogram::BUCKETS];

impl Slot {
    pub(crate) fn new() -> Self {
        let (none, spans) = (AtomicU64::default, || std::array::from_fn(|_| AtomicU64::default()));
        Self {
            finished: none(),
            retried: none(),
            failed: none(),
            snoozed: none(),
            cancelled: none(),
            expired: none(),
            run_micros: none(),
            wait_micros: none(),
            runs: spans(),
            waits: spans(),
        }
    }

    /// A run has begun, for which the task waited this long.
    pub(crate) fn started(&self, waited: Duration) {
        record(&self.wait_micros, &self.waits, waited);
    }

    /// A run has ended, after this time.
    pub(crate) fn ran(&self, took: Duration) {
        record(&self.run_micros, &self.runs, took);
    }

    /// A task has ended so.
    pub(crate) fn ended(&self, ending: &Ending) {
        let counter = match ending {
            Ending::Succeeded => &self.finished,
            Ending::Retried { .. } => &self.retried,
            Ending::Failed { .. } => &self.failed,
            Ending::Cancelled { .. } => &self.cancelled,
            Ending::Expired { .. } => &self.expired,
            Ending::Snoozed { .. } => &self.snoozed,
            Ending::LeftToOthers { .. } | Ending::HandedBack => return,
        };
        count(counter);
    }

    /// A task has failed for good.
    pub(crate) fn failed(&self) {
        count(&self.failed);
    }

    /// A task was cancelled.
    pub(crate) fn cancelled(&self) {
        count(&self.cancelled);
    }

    /// A task has failed that was counted as what its run made of it. Nothing is counted if that was elsewhere.
    pub(crate) fn failed_after_all(&self, was_retried: bool) {
        let wrong = if was_retried { &self.retried } else { &self.finished };
        let one_less = |tasks: u64| tasks.checked_sub(1);
        if wrong.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
            count(&self.failed);
        }
    }

    /// The starts are read last: a run may begin and end meanwhile, and no more runs may have ended than begun.
    pub(crate) fn now(&self) -> Tally {
        let mut tally = Tally::default();
        tally.runs = histogram(&self.run_micros, &self.runs);
        tally.finished = read(&self.finished);
        tally.retried = read(&self.retried);
        tally.failed = read(&self.failed);
        tally.snoozed = read(&self.snoozed);
        tally.cancelled = read(&self.cancelled);
        tally.expired = read(&self.expired);
        tally.waits = histogram(&self.wait_micros, &self.waits);
        tally.started = tally.waits.count();
        tally
    }
}

fn record(micros: &AtomicU64, spans: &Spans, time: Duration) {
    let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    micros.fetch_add(time, Ordering::Relaxed);
    spans.get(Histogram::bucket(time)).map(count).unwrap_or_default();
}

fn histogram(micros: &AtomicU64, spans: &Spans) -> Histogram {
    Histogram::of(read(micros), std::array::from_fn(|span| spans.get(span).map_or(0, read)))
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
