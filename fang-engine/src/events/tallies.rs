//! What a pool has counted for each task type, for its beats.

use crate::policy::decide::Ending;
use crate::policy::served::Served;
use crate::state::Job;
use fang_core::store::{Counts, Histogram, Tally};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The most task types with counters of their own in a pool that serves many. The others are counted together.
const MOST: usize = 1_000;

/// The counters of all task types that the pool serves, and of the others together, of which it may rescue tasks.
/// Workers and the finisher write, the heart reads. A run adds to four of them, without an allocation.
#[derive(Debug)]
pub(crate) enum Tallies {
    /// Of a pool that serves a few: ordered by the address of the name. The jobs of a pool share the names of its
    /// settings, so finding the slot of a job compares no text, and takes no lock.
    Few(Vec<(Arc<str>, Slot)>),
    /// Of a pool that serves many: of those that had tasks, in the order in which they had their first one.
    Many(RwLock<Growing>),
}

/// The counters of the task types that had tasks so far.
#[derive(Debug)]
pub(crate) struct Growing {
    slots: Vec<(Arc<str>, Arc<Slot>)>,
    places: HashMap<Arc<str>, usize>,
}

impl Growing {
    fn new() -> Self {
        let mut growing = Self { slots: Vec::new(), places: HashMap::new() };
        growing.add(Counts::OTHERS.into());
        growing
    }

    fn slot(&self, task_type: &str) -> Option<Arc<Slot>> {
        let place = self.places.get(task_type)?;
        self.slots.get(*place).map(|(_, slot)| slot.clone())
    }

    fn add(&mut self, task_type: Arc<str>) {
        self.places.insert(task_type.clone(), self.slots.len());
        self.slots.push((task_type, Arc::new(Slot::new())));
    }
}

#[derive(Debug)]
pub(crate) struct Slot {
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
    pub(crate) fn new(served: &Served) -> Self {
        if served.are_many() {
            return Self::Many(RwLock::new(Growing::new()));
        }
        let names = served.names().cloned().chain([Counts::OTHERS.into()]);
        let mut slots: Vec<_> = names.map(|name| (name, Slot::new())).collect();
        slots.sort_by_key(|(name, _)| address(name));
        Self::Few(slots)
    }

    /// Counts for the task type of a job.
    fn of_job(&self, task_type: &Arc<str>, count: impl FnOnce(&Slot)) {
        match self {
            Self::Few(slots) => {
                let found = slots.binary_search_by_key(&address(task_type), |(name, _)| address(name));
                let slot = found.ok().and_then(|index| slots.get(index)).map(|(_, slot)| slot);
                slot.or_else(|| by_name(slots, task_type)).map(count).unwrap_or_default();
            }
            Self::Many(growing) => count(&slot_or_others(growing, task_type, true)),
        }
    }

    /// Counts for a task type, or for the others if the pool does not serve it.
    fn of_name(&self, task_type: &str, count: impl FnOnce(&Slot)) {
        match self {
            Self::Few(slots) => {
                let slot = by_name(slots, task_type).or_else(|| by_name(slots, Counts::OTHERS));
                slot.map(count).unwrap_or_default();
            }
            Self::Many(growing) => count(&slot_or_others(growing, task_type, false)),
        }
    }

    /// A run has begun.
    pub(crate) fn started(&self, job: &Job) {
        self.of_job(&job.task_type, |slot| count(&slot.started));
    }

    /// A run has ended, after this time.
    pub(crate) fn ran(&self, job: &Job, took: Duration) {
        self.of_job(&job.task_type, |slot| {
            let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            slot.micros.fetch_add(micros, Ordering::Relaxed);
            slot.runs.get(Histogram::bucket(micros)).map(count).unwrap_or_default();
        });
    }

    /// A task has ended so.
    pub(crate) fn ended(&self, job: &Job, ending: &Ending) {
        self.of_job(&job.task_type, |slot| slot.ending(ending).map(count).unwrap_or_default());
    }

    /// A task that was rescued has failed, because it died too often. A pool rescues tasks of any type.
    pub(crate) fn failed(&self, task_type: &str) {
        self.of_name(task_type, |slot| count(&slot.failed));
    }

    /// A task that was rescued was cancelled.
    pub(crate) fn cancelled(&self, task_type: &str) {
        self.of_name(task_type, |slot| count(&slot.cancelled));
    }

    /// A task has failed that was counted as what its run made of it: it would run again, or had succeeded.
    pub(crate) fn failed_after_all(&self, task_type: &str, was_retried: bool) {
        let correct = |slot: &Slot| {
            let wrong = if was_retried { &slot.retried } else { &slot.finished };
            wrong.fetch_sub(1, Ordering::Relaxed);
            count(&slot.failed);
        };
        match self {
            Self::Few(slots) => by_name(slots, task_type).map(correct).unwrap_or_default(),
            Self::Many(_) => self.of_name(task_type, correct),
        }
    }

    /// The task types and what was counted for each, always in the same order. New ones come last.
    pub(crate) fn now(&self) -> Vec<(Arc<str>, Tally)> {
        match self {
            Self::Few(slots) => slots.iter().map(|(name, slot)| (name.clone(), slot.now())).collect(),
            Self::Many(growing) => {
                let slots = &growing.read().unwrap_or_else(PoisonError::into_inner).slots;
                slots.iter().map(|(name, slot)| (name.clone(), slot.now())).collect()
            }
        }
    }
}

fn by_name<'a>(slots: &'a [(Arc<str>, Slot)], task_type: &str) -> Option<&'a Slot> {
    slots.iter().find(|(name, _)| **name == *task_type).map(|(_, slot)| slot)
}

/// The slot of a task type, which is added if it `may_grow`, or that of the others.
fn slot_or_others(growing: &RwLock<Growing>, task_type: &str, may_grow: bool) -> Arc<Slot> {
    let known = |growing: &Growing| {
        let is_full = !may_grow || growing.slots.len() > MOST;
        growing.slot(task_type).or_else(|| is_full.then(|| growing.slot(Counts::OTHERS)).flatten())
    };
    if let Some(slot) = known(&growing.read().unwrap_or_else(PoisonError::into_inner)) {
        return slot;
    }
    let mut growing = growing.write().unwrap_or_else(PoisonError::into_inner);
    if growing.slot(task_type).is_none() {
        growing.add(task_type.into());
    }
    growing.slot(task_type).unwrap_or_else(|| Arc::new(Slot::new()))
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
    use crate::policy::served::Share;
    use crate::state::example;
    use fang_core::store::WorkerId;

    fn job(task_type: &Arc<str>) -> Job {
        Job::new(example(), task_type.clone(), WorkerId(1), None)
    }

    fn served(names: &[Arc<str>], is_all: bool) -> Served {
        let shares = names.iter().map(|name| Share { task_type: name.clone(), weight: 1 });
        Served::of(shares.collect(), is_all)
    }

    fn runs(tallies: &Tallies, name: &Arc<str>) {
        tallies.started(&job(name));
        tallies.ran(&job(name), Duration::from_millis(3));
        tallies.ended(&job(name), &Ending::Succeeded);
    }

    #[test]
    fn runs_count_for_their_task_type_by_its_name_and_by_its_address() {
        let names: Vec<Arc<str>> = ["mail", "sync", "feeds"].map(Arc::from).to_vec();
        let tallies = Tallies::new(&served(&names, false));
        for name in [&names[1], &Arc::from("sync"), &Arc::from("strange")] {
            runs(&tallies, name);
        }
        let now = tallies.now();
        let counted: Vec<_> = now.iter().filter(|(_, tally)| !tally.is_empty()).collect();
        assert_eq!(counted.len(), 1);
        let (name, tally) = counted[0];
        assert_eq!((&**name, tally.started, tally.finished, tally.runs.count()), ("sync", 2, 2, 2));
        assert_eq!(tally.runs.mean(), Some(Duration::from_millis(3)));
    }

    #[test]
    fn of_many_task_types_the_first_are_counted_by_name_and_the_others_together() {
        let tallies = Tallies::new(&served(&[], true));
        assert_eq!(tallies.now().len(), 1, "none had tasks");
        let names: Vec<Arc<str>> = (0..MOST + 5).map(|n| n.to_string().into()).collect();
        for name in names.iter().chain(&names) {
            runs(&tallies, name);
        }
        tallies.failed("0");
        tallies.failed("strange");
        let now = tallies.now();
        let others = now.iter().find(|(name, _)| **name == *Counts::OTHERS).unwrap();
        assert_eq!((now.len(), others.1.finished, others.1.failed), (MOST + 1, 10, 1));
        let first = now.iter().find(|(name, _)| **name == *"0").unwrap();
        assert_eq!((first.1.finished, first.1.failed), (2, 1));
    }
}
