//! When to ask the store what it takes to be in flight here.

use std::time::Duration;

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
