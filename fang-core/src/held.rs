//! What a pool holds, and the doubt whether that is all.

use crate::store::Claimed;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// The tasks that a pool has claimed and whose results are not yet saved, with the lease of the claim: a
/// task may be claimed again before the old claim is forgotten. Touched once a batch.
#[derive(Debug, Default)]
pub struct Held(Mutex<Claims>);

#[derive(Debug, Default)]
struct Claims {
    held: HashMap<Uuid, i32>,
    /// What a connection held that is gone, from when the claim was written down until the next one begins: the answer
    /// of one that is under way may bring it under the same lease, and as late as after its result was saved.
    unlocked: HashMap<Uuid, i32>,
}

impl Held {
    /// These were claimed.
    pub fn add(&self, claims: impl IntoIterator<Item = (Uuid, i32)>) {
        self.claims().held.extend(claims);
    }

    /// The connection that held these was lost, and by now claims are written down for them.
    pub fn lost_locks(&self, claims: impl IntoIterator<Item = (Uuid, i32)>) {
        self.claims().unlocked.extend(claims);
    }

    /// A claim begins; the one before has had its answer, or is given up. It finds no row that is claimed by now.
    pub fn claim_begins(&self) {
        self.claims().unlocked.clear();
    }

    /// The results of these were saved, or dropped for good.
    pub fn remove(&self, claims: impl IntoIterator<Item = (Uuid, i32)>) {
        let held = &mut self.claims().held;
        for (id, lease) in claims {
            if held.get(&id) == Some(&lease) {
                held.remove(&id);
            }
        }
    }

    /// Takes what is among them out of what was locked just now, and returns it.
    pub fn take_out_of(&self, tasks: &mut Vec<Claimed>) -> Vec<Claimed> {
        let held = &self.claims().held;
        tasks.extract_if(.., |task| held.get(&task.id) == Some(&task.lease)).collect()
    }

    /// Takes what is among them, or was when it lost its locks, out of what was claimed in writing just now. Returns
    /// whether there was any.
    pub fn take_out_of_written(&self, tasks: &mut Vec<Claimed>) -> bool {
        let (claims, before) = (self.claims(), tasks.len());
        let is_known = |task: &Claimed| {
            [&claims.held, &claims.unlocked].iter().any(|known| known.get(&task.id) == Some(&task.lease))
        };
        tasks.retain(|task| !is_known(task));
        tasks.len() < before
    }

    /// Whether this claim is among them.
    pub fn has(&self, id: Uuid, lease: i32) -> bool {
        self.claims().held.get(&id) == Some(&lease)
    }

    /// All of them, each with its lease.
    pub fn list(&self) -> Vec<(Uuid, i32)> {
        self.claims().held.iter().map(|(id, lease)| (*id, *lease)).collect()
    }

    fn claims(&self) -> MutexGuard<'_, Claims> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// After a claim without an answer, whether the server may still have made it, or be about to.
#[derive(Debug, Default)]
pub struct Doubt {
    until: Option<Duration>,
    ask_at: Duration,
}

impl Doubt {
    /// A statement is given up after 30 s, here and by the server; so long may the claim still be made.
    const LASTS: Duration = Duration::from_secs(35);
    /// How often to ask meanwhile.
    const ASK_EVERY: Duration = Duration::from_secs(5);

    /// A claim had no answer.
    pub fn arise(&mut self, now: Duration) {
        self.until = Some(now + Self::LASTS);
        self.ask_at = now;
    }

    /// Whether to give back now what is held and not known of.
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

    #[test]
    fn what_is_held_is_taken_out_of_a_claim_unless_its_lease_is_another() {
        let (held, task) = (Held::default(), |lease| Claimed { lease, ..Claimed::example() });
        held.add([(Uuid::nil(), 1)]);
        let mut tasks = vec![task(1), task(2)];
        assert_eq!(held.take_out_of(&mut tasks), [task(1)]);
        assert_eq!(tasks, [task(2)]);
    }

    #[test]
    fn what_lost_its_locks_is_taken_out_of_the_claim_that_is_under_way_even_when_its_result_is_saved() {
        let held = Held::default();
        let takes = || held.take_out_of_written(&mut vec![Claimed { lease: 1, ..Claimed::example() }]);
        held.add([(Uuid::nil(), 1)]);
        held.claim_begins();
        held.lost_locks([(Uuid::nil(), 1)]);
        held.remove([(Uuid::nil(), 1)]);
        assert_eq!(held.list(), []);
        assert!(takes());
        held.claim_begins();
        assert!(!takes());
    }

    #[test]
    fn a_task_that_was_claimed_again_is_still_held_when_the_old_claim_is_forgotten() {
        let held = Held::default();
        held.add([(Uuid::nil(), 1), (Uuid::max(), 1)]);
        held.add([(Uuid::nil(), 2)]);
        held.remove([(Uuid::nil(), 1), (Uuid::max(), 1)]);
        assert_eq!(held.list(), [(Uuid::nil(), 2)]);
    }

    #[test]
    fn a_doubt_is_asked_about_until_the_server_has_given_up_too() {
        let mut doubt = Doubt::default();
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
