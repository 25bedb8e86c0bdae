//! The tasks that a pool has in flight.

use crate::by_id::ById;
use fang_core::store::{Claimed, WorkerId};
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// The tasks that a pool has claimed and whose results are not yet saved. Each has the lease of its claim, since a
/// task may be claimed again before its old claim is forgotten, and the worker id that claimed it, since a pool gets
/// a new one after it was declared dead. Touched once per batch.
#[derive(Debug, Default)]
pub struct InFlight(Mutex<Known>);

type Known = ById<(i32, WorkerId)>;

impl InFlight {
    /// Adds claims of this worker id.
    pub fn add(&self, worker: WorkerId, claims: impl IntoIterator<Item = (Uuid, i32)>) {
        self.known().extend(claims.into_iter().map(|(id, lease)| (id, (lease, worker))));
    }

    /// Removes claims whose results were saved or dropped.
    pub fn remove(&self, claims: impl IntoIterator<Item = (Uuid, i32)>) {
        let mut known = self.known();
        for (id, lease) in claims {
            if claimer(&known, id, lease).is_some() {
                known.remove(&id);
            }
        }
    }

    /// Drops the tasks that are already in flight from a new claim. Returns each with the worker id that claimed it,
    /// because results are accepted only from that one.
    pub fn take_out_of(&self, tasks: &mut Vec<Claimed>) -> Vec<(Uuid, WorkerId)> {
        let (known, mut taken) = (self.known(), Vec::new());
        tasks.retain(|task| {
            let claimer = claimer(&known, task.id, task.lease);
            taken.extend(claimer.map(|worker| (task.id, worker)));
            claimer.is_none()
        });
        taken
    }

    /// Whether this claim is in flight.
    pub fn has(&self, id: Uuid, lease: i32) -> bool {
        claimer(&self.known(), id, lease).is_some()
    }

    /// All claims in flight, by task and lease.
    pub fn list(&self) -> Vec<(Uuid, i32)> {
        self.known().iter().map(|(id, (lease, _))| (*id, *lease)).collect()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn claimer(known: &Known, id: Uuid, lease: i32) -> Option<WorkerId> {
    known.get(&id).filter(|(known, _)| *known == lease).map(|(_, worker)| *worker)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::example;

    const ME: WorkerId = WorkerId(1);

    #[test]
    fn tasks_in_flight_are_dropped_from_a_claim_unless_their_lease_differs() {
        let (in_flight, task) = (InFlight::default(), |lease| Claimed { lease, ..example() });
        in_flight.add(ME, [(Uuid::nil(), 1)]);
        let mut tasks = vec![task(1), task(2)];
        assert_eq!(in_flight.take_out_of(&mut tasks), [(Uuid::nil(), ME)]);
        assert_eq!(tasks, [task(2)]);
    }

    #[test]
    fn a_task_that_was_claimed_again_stays_in_flight_when_the_old_claim_is_forgotten() {
        let in_flight = InFlight::default();
        in_flight.add(ME, [(Uuid::nil(), 1), (Uuid::max(), 1)]);
        in_flight.add(ME, [(Uuid::nil(), 2)]);
        in_flight.remove([(Uuid::nil(), 1), (Uuid::max(), 1)]);
        assert_eq!(in_flight.list(), [(Uuid::nil(), 2)]);
    }
}
