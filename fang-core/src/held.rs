//! What a pool holds, and the doubt whether that is all.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// The ids of the tasks that a pool has claimed and whose results are not yet saved. Touched once a
/// batch.
#[derive(Debug, Default)]
pub struct Held(Mutex<HashSet<Uuid>>);

impl Held {
    /// These were claimed.
    pub fn add(&self, ids: impl IntoIterator<Item = Uuid>) {
        self.ids().extend(ids);
    }

    /// The results of these were saved, or dropped for good.
    pub fn remove(&self, ids: impl IntoIterator<Item = Uuid>) {
        let mut held = self.ids();
        for id in ids {
            held.remove(&id);
        }
    }

    /// All of them.
    pub fn list(&self) -> Vec<Uuid> {
        self.ids().iter().copied().collect()
    }

    fn ids(&self) -> MutexGuard<'_, HashSet<Uuid>> {
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
