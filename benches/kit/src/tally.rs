//! Counts the runs of each task, to find lost and doubled tasks.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};

/// The number of counters. Tasks are numbered from 0. If there are more tasks, several share a counter.
const NUMBERS: usize = 1 << 24;

static RUNS: [AtomicU8; NUMBERS] = [const { AtomicU8::new(0) }; NUMBERS];
static STARTED: AtomicUsize = AtomicUsize::new(0);
static DISTINCT: AtomicUsize = AtomicUsize::new(0);
static GOAL: AtomicUsize = AtomicUsize::new(usize::MAX);
static REACHED: Notify = Notify::const_new();
static IS_WATCHED: AtomicBool = AtomicBool::new(false);
static WATCHER: Mutex<Option<mpsc::UnboundedSender<(u64, Instant)>>> = Mutex::new(None);

/// Counts a run. Every task of a benchmark calls this.
pub fn ran(number: u64) {
    STARTED.fetch_add(1, Ordering::Relaxed);
    if RUNS[number as usize % NUMBERS].fetch_add(1, Ordering::Relaxed) == 0
        && DISTINCT.fetch_add(1, Ordering::SeqCst) + 1 == GOAL.load(Ordering::SeqCst)
    {
        REACHED.notify_one();
    }
    if IS_WATCHED.load(Ordering::Relaxed)
        && let Ok(Some(watcher)) = WATCHER.lock().as_deref()
    {
        let _ = watcher.send((number, Instant::now()));
    }
}

/// The tasks of one measurement, numbered from 0. A process can have only one tally at a time.
#[derive(Clone, Copy, Debug)]
pub struct Tally(usize);

impl Tally {
    /// Resets all counters for a measurement with this many tasks. Nobody watches the starts, which takes time.
    pub fn new(tasks: usize) -> Self {
        IS_WATCHED.store(false, Ordering::SeqCst);
        RUNS.iter()
            .take(tasks.max(DISTINCT.load(Ordering::SeqCst)))
            .for_each(|runs| runs.store(0, Ordering::SeqCst));
        STARTED.store(0, Ordering::SeqCst);
        DISTINCT.store(0, Ordering::SeqCst);
        GOAL.store(tasks, Ordering::SeqCst);
        Self(tasks)
    }

    /// Waits until all tasks have run. Returns `false` if that takes longer than `at_most`.
    pub async fn all_ran(self, at_most: Duration) -> bool {
        let end = tokio::time::Instant::now() + at_most;
        while DISTINCT.load(Ordering::SeqCst) < self.0 {
            if tokio::time::timeout_at(end, REACHED.notified()).await.is_err() {
                return DISTINCT.load(Ordering::SeqCst) >= self.0;
            }
        }
        true
    }

    /// The number of different tasks that have run.
    pub fn distinct(self) -> usize {
        DISTINCT.load(Ordering::SeqCst)
    }

    /// The number of runs, including repeated ones.
    pub fn started(self) -> usize {
        STARTED.load(Ordering::SeqCst)
    }

    /// The number of tasks that never ran.
    pub fn missing(self) -> usize {
        self.0.saturating_sub(self.distinct())
    }

    /// The number of repeated runs.
    pub fn doubled(self) -> usize {
        self.started().saturating_sub(self.distinct())
    }

    /// Receives the number and the start time of each run from now on, until the next tally.
    pub fn watch() -> mpsc::UnboundedReceiver<(u64, Instant)> {
        let (sender, starts) = mpsc::unbounded_channel();
        if let Ok(mut watcher) = WATCHER.lock() {
            *watcher = Some(sender);
        }
        IS_WATCHED.store(true, Ordering::SeqCst);
        starts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_and_doubled_tasks_are_counted_and_each_measurement_begins_anew() {
        let tally = Tally::new(3);
        ran(0);
        ran(2);
        ran(2);
        assert_eq!((tally.distinct(), tally.missing(), tally.doubled()), (2, 1, 1));
        let tally = Tally::new(1);
        ran(0);
        assert_eq!((tally.missing(), tally.doubled()), (0, 0));
        let mut starts = Tally::watch();
        ran(5);
        assert_eq!(starts.try_recv().map(|(number, _)| number), Ok(5));
        Tally::new(1);
        ran(6);
        assert!(starts.try_recv().is_err(), "a watcher outlives its measurement");
    }
}
