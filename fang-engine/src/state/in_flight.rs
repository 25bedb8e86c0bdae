//! What a pool has in flight, and whether the store may take it to have more.

use fang_core::store::{Claimed, WorkerId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// The tasks that a pool has claimed and whose results are not yet saved, with the lease of the claim: a
/// task may be claimed again before the old claim is forgotten. Touched once a batch.
#[derive(Debug, Default)]
pub struct InFlight(Mutex<Claims>);

#[derive(Debug, Default)]
struct Claims {
    /// Each with its lease and the identity that claimed it: after the pool was declared dead it has another.
    known: HashMap<Uuid, (i32, WorkerId)>,
    /// Tasks whose lock-claim was lost with its connection, until the next claim begins. The answer of a claim that is
    /// under way may bring them under the same lease, even after their results were saved.
    unlocked: HashMap<Uuid, i32>,
}

impl Claims {
    fn has(&self, id: Uuid, lease: i32) -> bool {
        self.claimer(id, lease).is_some()
    }

    fn claimer(&self, id: Uuid, lease: i32) -> Option<WorkerId> {
        self.known.get(&id).filter(|(known, _)| *known == lease).map(|(_, worker)| *worker)
    }

    fn had(&self, id: Uuid, lease: i32) -> bool {
        self.has(id, lease) || self.unlocked.get(&id) == Some(&lease)
    }
}

impl InFlight {
    /// This identity has claimed these.
    pub fn add(&self, worker: WorkerId, claims: impl IntoIterator<Item = (Uuid, i32)>) {
        self.claims().known.extend(claims.into_iter().map(|(id, lease)| (id, (lease, worker))));
    }

    /// The lock-claims of these were lost with their connection, and by now written claims stand for them.
    pub fn lost_locks(&self, claims: impl IntoIterator<Item = (Uuid, i32)>) {
        self.claims().unlocked.extend(claims);
    }

    /// A claim begins; the one before has had its answer, or is given up. It finds no row that is claimed by now.
    pub fn claim_begins(&self) {
        self.claims().unlocked.clear();
    }

    /// The results of these were saved, or dropped for good.
    pub fn remove(&self, claims: impl IntoIterator<Item = (Uuid, i32)>) {
        let mut all = self.claims();
        for (id, lease) in claims {
            if all.has(id, lease) {
                all.known.remove(&id);
            }
        }
    }

    /// Takes what is among them out of what was locked just now. Returns whose claims those are: results are accepted
    /// from the identity alone that claimed.
    pub fn take_out_of(&self, tasks: &mut Vec<Claimed>) -> Vec<(Uuid, WorkerId)> {
        let (claims, mut taken) = (self.claims(), Vec::new());
        tasks.retain(|task| {
            let claimer = claims.claimer(task.id, task.lease);
            taken.extend(claimer.map(|worker| (task.id, worker)));
            claimer.is_none()
        });
        taken
    }

    /// Takes what is among them, or was when it lost its locks, out of what was claimed in writing just now. Returns
    /// whether there was any.
    pub fn take_out_of_written(&self, tasks: &mut Vec<Claimed>) -> bool {
        let (claims, before) = (self.claims(), tasks.len());
        tasks.retain(|task| !claims.had(task.id, task.lease));
        tasks.len() < before
    }

    /// Whether this claim is among them.
    pub fn has(&self, id: Uuid, lease: i32) -> bool {
        self.claims().has(id, lease)
    }

    /// All of them, each with its lease.
    pub fn list(&self) -> Vec<(Uuid, i32)> {
        self.claims().known.iter().map(|(id, (lease, _))| (*id, *lease)).collect()
    }

    fn claims(&self) -> MutexGuard<'_, Claims> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// After a claim without an answer, whether the server may still have made it, or be about to.
#[derive(Debug, Default)]
pub struct Reconcile {
    until: Option<Duration>,
    ask_at: Duration,
}

impl Reconcile {
    /// A statement is given up after 30 s, here and by the server; so long may the claim still be made.
    const LASTS: Duration = Duration::from_secs(35);
    /// How often to ask meanwhile.
    const ASK_EVERY: Duration = Duration::from_secs(5);

    /// A claim had no answer.
    pub fn arise(&mut self, now: Duration) {
        self.until = Some(now + Self::LASTS);
        self.ask_at = now;
    }

    /// Whether to give back now what the store takes to be in flight here and is not.
    pub fn is_due(&self, now: Duration) -> bool {
        self.until.is_some() && now >= self.ask_at
    }

    /// That was done.
    pub fn settled(&mut self, now: Duration) {
        self.ask_at = now + Self::ASK_EVERY;
        self.until = self.until.filter(|until| now < *until);
    }
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
    fn what_lost_its_locks_is_taken_out_of_the_claim_that_is_under_way_even_when_its_result_is_saved() {
        let in_flight = InFlight::default();
        let takes = || in_flight.take_out_of_written(&mut vec![Claimed { lease: 1, ..example() }]);
        in_flight.add(ME, [(Uuid::nil(), 1)]);
        in_flight.claim_begins();
        in_flight.lost_locks([(Uuid::nil(), 1)]);
        in_flight.remove([(Uuid::nil(), 1)]);
        assert_eq!(in_flight.list(), []);
        assert!(takes());
        in_flight.claim_begins();
        assert!(!takes());
    }

    #[test]
    fn a_task_that_was_claimed_again_stays_in_flight_when_the_old_claim_is_forgotten() {
        let in_flight = InFlight::default();
        in_flight.add(ME, [(Uuid::nil(), 1), (Uuid::max(), 1)]);
        in_flight.add(ME, [(Uuid::nil(), 2)]);
        in_flight.remove([(Uuid::nil(), 1), (Uuid::max(), 1)]);
        assert_eq!(in_flight.list(), [(Uuid::nil(), 2)]);
    }

    #[test]
    fn a_doubt_is_asked_about_until_the_server_has_given_up_too() {
        let mut doubt = Reconcile::default();
        assert!(!doubt.is_due(Duration::from_secs(9)));
        doubt.arise(Duration::from_secs(10));
        let mut asked = Vec::new();
        for second in 10..100 {
            let now = Duration::from_secs(second);
            if doubt.is_due(now) {
                asked.push(second);
                doubt.settled(now);
            }
        }
        assert_eq!(asked, [10, 15, 20, 25, 30, 35, 40, 45]);
    }
}
