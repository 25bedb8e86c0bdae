//! The task types that a claimer knows more of than their names, each in one of three places. A move costs the
//! logarithm of their number.

use crate::policy::pace::Pace;
use crate::policy::served::Share;
use fang_core::scan::ScanRanges;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// The most types without a task that are kept: their scan floors are of use if tasks come soon.
const KEPT: usize = 1024;

/// Where a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It has tasks and waits for a claim.
    Waiting,
    /// A task of it becomes due then.
    Due(Duration),
    /// It has no task that is known.
    Asleep,
}

/// The order within a place: by what counts there, then by who came first.
type Key = (u64, u64, usize);

/// What is known of a type.
#[derive(Debug)]
pub(super) struct TypeState {
    pub(super) share: Share,
    pub(super) pace: Pace,
    pub(super) ranges: ScanRanges,
    /// Tasks that it got, divided by its weight. The type with the lowest value is next.
    pub(super) spent: f64,
    /// Whether a single notification said that it has tasks, or the time of a task.
    pub(super) is_lone: bool,
    /// How often tasks of any type had come back at its last claim.
    pub(super) came_back: u64,
    place: Place,
    key: Key,
}

impl TypeState {
    pub(super) fn new(share: Share, pace: Pace, ranges: ScanRanges, came_back: u64) -> Self {
        let (place, key, spent) = (Place::Asleep, Key::default(), 0.0);
        Self { share, pace, ranges, spent, is_lone: false, came_back, place, key }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.place == Place::Waiting
    }
}

/// All types that are known.
#[derive(Debug, Default)]
pub(super) struct Places {
    states: Vec<TypeState>,
    /// The indexes of states that were forgotten.
    free: Vec<usize>,
    by_name: HashMap<Arc<str>, usize>,
    waiting: BTreeSet<Key>,
    due: BTreeSet<Key>,
    asleep: BTreeSet<Key>,
    /// The weights of all types that wait.
    weight: u64,
    moves: u64,
}

impl Places {
    /// The place of a type that is known.
    pub(super) fn index_of(&self, task_type: &str) -> Option<usize> {
        self.by_name.get(task_type).copied()
    }

    /// Adds a type, asleep.
    pub(super) fn add(&mut self, state: TypeState) -> usize {
        let name = state.share.task_type.clone();
        let index = match self.free.pop() {
            Some(index) => {
                self.states[index] = state;
                index
            }
            None => {
                self.states.push(state);
                self.states.len() - 1
            }
        };
        self.by_name.insert(name, index);
        self.enter(index, Place::Asleep);
        index
    }

    pub(super) fn state(&self, index: usize) -> &TypeState {
        &self.states[index]
    }

    pub(super) fn state_mut(&mut self, index: usize) -> &mut TypeState {
        &mut self.states[index]
    }

    /// The type to claim next.
    pub(super) fn first(&self) -> Option<usize> {
        self.waiting.first().map(|(_, _, index)| *index)
    }

    /// How many types are known.
    #[cfg(test)]
    pub(super) fn known(&self) -> usize {
        self.by_name.len()
    }

    /// How many types wait for a claim.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The weights of all types that wait for a claim.
    pub(super) fn weight(&self) -> u64 {
        self.weight
    }

    /// When the next task of a type without other tasks becomes due.
    pub(super) fn first_due(&self) -> Option<Duration> {
        self.due.first().map(|(nanos, ..)| Duration::from_nanos(*nanos))
    }

    /// A type whose task is due by now.
    pub(super) fn due_by(&self, now: Duration) -> Option<usize> {
        self.due.first().filter(|(nanos, ..)| *nanos <= nanos_of(now)).map(|(_, _, index)| *index)
    }

    /// Puts a type in a place, behind those that are equal.
    pub(super) fn put(&mut self, index: usize, place: Place) {
        self.leave(index);
        self.enter(index, place);
        if self.asleep.len() > KEPT
            && let Some((_, _, oldest)) = self.asleep.pop_first()
        {
            self.by_name.remove(&self.states[oldest].share.task_type);
            self.free.push(oldest);
        }
    }

    fn leave(&mut self, index: usize) {
        let state = &self.states[index];
        match state.place {
            Place::Waiting => {
                self.waiting.remove(&state.key);
                self.weight -= u64::from(state.share.weight);
            }
            Place::Due(_) => {
                self.due.remove(&state.key);
            }
            Place::Asleep => {
                self.asleep.remove(&state.key);
            }
        }
    }

    fn enter(&mut self, index: usize, place: Place) {
        self.moves += 1;
        let state = &mut self.states[index];
        state.place = place;
        // The bits of numbers that are not negative have the order of the numbers.
        let first = match place {
            Place::Waiting => state.spent.to_bits(),
            Place::Due(at) => nanos_of(at),
            Place::Asleep => 0,
        };
        state.key = (first, self.moves, index);
        match place {
            Place::Waiting => {
                self.weight += u64::from(state.share.weight);
                self.waiting.insert(state.key)
            }
            Place::Due(_) => self.due.insert(state.key),
            Place::Asleep => self.asleep.insert(state.key),
        };
    }
}

fn nanos_of(at: Duration) -> u64 {
    u64::try_from(at.as_nanos()).unwrap_or(u64::MAX)
}
