//! The last events of runs whose results are not saved yet.

use super::Event;
use crate::state::Job;
use fang_core::store::WorkerId;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// The last events of runs whose results are not saved yet. Empty without listeners. Workers add; the finisher and
/// committers take.
#[derive(Debug, Default)]
pub(super) struct Unsaved(Mutex<HashMap<(Uuid, i32), Last>>);

/// The last event of a run, and the worker id under which it ran.
#[derive(Debug)]
struct Last {
    event: Event,
    worker: WorkerId,
}

impl Unsaved {
    pub(super) fn add(&self, job: &Job, event: Event) {
        let last = Last { event, worker: job.worker };
        self.all().insert((job.task.id, job.task.lease), last);
    }

    /// Tells the events of these claims while others wait, so that the next claim of a task is told later.
    pub(super) fn tell(&self, claims: impl Iterator<Item = (Uuid, i32)>, tell: impl FnMut(Event)) {
        let mut all = self.all();
        claims.filter_map(|claim| all.remove(&claim)).map(|last| last.event).for_each(tell);
    }

    /// Tells the event of the run before this one, if the pool has kept its worker id since then.
    pub(super) fn tell_of_run_before(&self, job: &Job, tell: impl FnOnce(Event)) {
        let mut all = self.all();
        let Entry::Occupied(before) = all.entry((job.task.id, job.task.lease - 1)) else { return };
        if before.get().worker == job.worker {
            tell(before.remove().event);
        }
    }

    /// The events of these claims.
    pub(super) fn take(&self, claims: impl Iterator<Item = (Uuid, i32)>) -> Vec<Event> {
        let mut taken = Vec::new();
        self.tell(claims, |event| taken.push(event));
        taken
    }

    fn all(&self) -> MutexGuard<'_, HashMap<(Uuid, i32), Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
