//! Counters of the tasks of one task type.

use super::slot::Slot;
use fang_core::store::Tally;
use std::sync::OnceLock;

/// The counters of a task type: a slot for each [kind](super::kinds::KindPlaces), which is made for its first task.
#[derive(Debug)]
pub(crate) struct Row {
    kinds: Box<[OnceLock<Box<Slot>>]>,
    others: OnceLock<Box<Slot>>,
}

impl Row {
    /// Of a program with so many kinds.
    pub(crate) fn new(kinds: usize) -> Self {
        Self { kinds: (0..kinds).map(|_| OnceLock::new()).collect(), others: OnceLock::new() }
    }

    /// The slot of the kind at this place.
    pub(crate) fn slot(&self, kind: usize) -> &Slot {
        self.kinds.get(kind).unwrap_or(&self.others).get_or_init(|| Box::new(Slot::new()))
    }

    /// What was counted of each kind that had tasks, with its place.
    pub(crate) fn now(&self) -> impl Iterator<Item = (usize, Tally)> {
        let slots = self.kinds.iter().chain([&self.others]).enumerate();
        slots.filter_map(|(place, slot)| Some((place, slot.get()?.now())))
    }
}
