//! What a pool has counted for each task type, for its beats.

use crate::policy::decide::Ending;
use crate::state::Job;
use fang_core::store::{Counts, Histogram, Tally};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The counters of all task types that the pool serves, and of the others together, of which it may rescue tasks. Workers
/// and the finisher write, the heart reads. A run adds to four of them: no lock, no allocation.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    /// Ordered by the address of the name. The jobs of a pool share the names of its settings, so finding the slot of a
    /// job compares no text.
    slots: Vec<(Arc<str>, Slot)>,
}

#[derive(Debug)]
struct Slot {
    started: AtomicU64,
    finished: AtomicU64,
    retried: AtomicU64,
    failed: AtomicU64,
    snoozed: AtomicU64,
    cancelled: AtomicU64,
    expired: AtomicU64,
    micros: AtomicU64,
    /// The spans of a [`Histogram`].
    runs: [AtomicU64; Histogram::BUCKETS],
}

impl Tallies {
    pub(crate) fn new(task_types: impl IntoIterator<Item = Arc<str>>) -> Self {
        let names = task_types.into_iter().chain([Counts::OTHERS.into()]);
        let mut slots: Vec<_> = names.map(|name| (name, Slot::new())).collect();
        slots.sort_by_key(|(name, _)| address(name));
        Self { slots }
    }

    fn slot(&self, task_type: &Arc<str>) -> Option<&Slot> {
        let found = self.slots.binary_search_by_key(&address(task_type), |(name, _)| address(name));
        let slot = found.ok().and_then(|index| self.slots.get(index)).map(|(_, slot)| slot);
        slot.or_else(|| self.by_name(task_type))
    }

    fn by_name(&self, task_type: &str) -> Option<&Slot> {
        self.slots.iter().find(|(name, _)| **name == *task_type).map(|(_, slot)| slot)
    }

    /// A run has begun.
    pub(crate) fn started(&self, job: &Job) {
        if let Some(slot) = self.slot(&job.task_type) {
            count(&slot.started);
        }
    }

    /// A run has ended, after this time.
    pub(crate) fn ran(&self, job: &Job, took: Duration) {
        if let Some(slot) = self.slot(&job.task_type) {
            let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            slot.micros.fetch_add(micros, Ordering::Relaxed);
            slot.runs.get(Histogram::bucket(micros)).map(count).unwrap_or_default();
        }
    }

    /// A task has ended so.
    pub(crate) fn ended(&self, job: &Job, ending: &Ending) {
        if let Some(slot) = self.slot(&job.task_type) {
            slot.ending(ending).map(count).unwrap_or_default();
        }
    }

    /// A task that was rescued has failed, because it died too often.
    pub(crate) fn failed(&self, task_type: &str) {
        self.of_rescued(task_type).map(|slot| count(&slot.failed)).unwrap_or_default();
    }

    /// A task that was rescued was cancelled.
    pub(crate) fn cancelled(&self, task_type: &str) {
        self.of_rescued(task_type).map(|slot| count(&slot.cancelled)).unwrap_or_default();
    }

    /// A pool rescues tasks of any type.
    fn of_rescued(&self, task_type: &str) -> Option<&Slot> {
        self.by_name(task_type).or_else(|| self.by_name(Counts::OTHERS))
    }

    /// A task has failed that was counted as what its run made of it: it would run again, or had succeeded.
    pub(crate) fn failed_after_all(&self, task_type: &str, was_retried: bool) {
        if let Some(slot) = self.by_name(task_type) {
            let wrong = if was_retried { &slot.retried } else { &slot.finished };
            wrong.fetch_sub(1, Ordering::Relaxed);
            count(&slot.failed);
        }
    }

    /// The task types and what was counted for each, always in the same order.
    pub(crate) fn now(&self) -> Vec<(Arc<str>, Tally)> {
        self.slots.iter().map(|(name, slot)| (name.clone(), slot.now())).collect()
    }
}

impl Slot {
    fn new() -> Self {
        let none = AtomicU64::default;
        Self {
            started: none(),
            finished: none(),
            retried: none(),
            failed: none(),
            snoozed: none(),
            cancelled: none(),
            expired: none(),
            micros: none(),
            runs: std::array::from_fn(|_| none()),
        }
    }

    fn ending(&self, ending: &Ending) -> Option<&AtomicU64> {
        match ending {
            Ending::Succeeded => Some(&self.finished),
            Ending::Retried { .. } => Some(&self.retried),
            Ending::Failed { .. } => Some(&self.failed),
            Ending::Cancelled { .. } => Some(&self.cancelled),
            Ending::Expired { .. } => Some(&self.expired),
            Ending::Snoozed { .. } => Some(&self.snoozed),
            Ending::LeftToOthers { .. } | Ending::HandedBack => None,
        }
    }

    /// The starts are read last: a run may begin and end meanwhile, and no more runs may have ended than begun.
    fn now(&self) -> Tally {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut tally = Tally::default();
        tally.runs =
            Histogram::of(read(&self.micros), std::array::from_fn(|n| self.runs.get(n).map_or(0, read)));
        tally.finished = read(&self.finished);
        tally.retried = read(&self.retried);
        tally.failed = read(&self.failed);
        tally.snoozed = read(&self.snoozed);
        tally.cancelled = read(&self.cancelled);
        tally.expired = read(&self.expired);
        tally.started = read(&self.started);
        tally
    }
}

fn address(name: &Arc<str>) -> usize {
    Arc::as_ptr(name).cast::<u8>().addr()
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::example;
    use fang_core::store::WorkerId;

    fn job(task_type: &Arc<str>) -> Job {
        Job::new(example(), task_type.clone(), WorkerId(1), None)
    }

    #[test]
    fn runs_count_for_their_task_type_by_its_name_and_by_its_address() {
        let names: Vec<Arc<str>> = ["mail", "sync", "feeds"].map(Arc::from).to_vec();
        let tallies = Tallies::new(names.iter().cloned());
        for name in [&names[1], &Arc::from("sync"), &Arc::from("strange")] {
            tallies.started(&job(name));
            tallies.ran(&job(name), Duration::from_millis(3));
            tallies.ended(&job(name), &Ending::Succeeded);
        }
        let now = tallies.now();
        let counted: Vec<_> = now.iter().filter(|(_, tally)| !tally.is_empty()).collect();
        assert_eq!(counted.len(), 1);
        let (name, tally) = counted[0];
        assert_eq!((&**name, tally.started, tally.finished, tally.runs.count()), ("sync", 2, 2, 2));
        assert_eq!(tally.runs.mean(), Some(Duration::from_millis(3)));
    }
}
