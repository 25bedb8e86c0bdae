//! What a pool has in flight.

use fang_core::store::{Claimed, WorkerId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// The tasks that a pool has claimed and whose results are not yet saved, each with the lease of the claim (a task may be
/// claimed again before the old claim is forgotten) and with the identity that claimed it: after the pool was declared dead
/// it has another. Touched once a batch.
#[derive(Debug, Default)]
pub struct InFlight(Mutex<Known>);

type Known = HashMap<Uuid, (i32, WorkerId)>;

impl InFlight {
    /// This identity has claimed these.
    pub fn add(&self, worker: WorkerId, claims: impl IntoIterator<Item = (Uuid, i32)>) {
        self.known().extend(claims.into_iter().map(|(id, lease)| (id, (lease, worker))));
    }

    /// The results of these were saved, or dropped for good.
    pub fn remove(&self, claims: impl IntoIterator<Item = (Uuid, i32)>) {
        let mut known = self.known();
        for (id, lease) in claims {
            if claimer(&known, id, lease).is_some() {
                known.remove(&id);
            }
        }
    }

    /// Takes what is among them out of what a claim brought just now. Returns whose claims those are: results are accepted
    /// from the identity alone that claimed.
    pub fn take_out_of(&self, tasks: &mut Vec<Claimed>) -> Vec<(Uuid, WorkerId)> {
        let (known, mut taken) = (self.known(), Vec::new());
        tasks.retain(|task| {
            let claimer = claimer(&known, task.id, task.lease);
            taken.extend(claimer.map(|worker| (task.id, worker)));
            claimer.is_none()
        });
        taken
    }

    /// Whether this claim is among them.
    pub fn has(&self, id: Uuid, lease: i32) -> bool {
        claimer(&self.known(), id, lease).is_some()
    }

    /// All of them, each with its lease.
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
    fn what_is_in_flight_is_taken_out_of_a_claim_unless_its_lease_is_another() {
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
