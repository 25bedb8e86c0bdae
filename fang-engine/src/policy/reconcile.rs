//! When to reconcile claims: to give back those that the store has for this pool and the pool does not know of.

use std::time::Duration;

/// The time after a claim without an answer, in which the server may have made it or may still make it.
#[derive(Debug, Default)]
pub struct Reconcile {
    until: Option<Duration>,
    ask_at: Duration,
}

impl Reconcile {
    /// The server gives a statement up after 30 s, and so does the pool. Until then the claim may still be made.
    const LASTS: Duration = Duration::from_secs(35);
    /// How often to reconcile during that time.
    const ASK_EVERY: Duration = Duration::from_secs(5);

    /// Tells that a claim had no answer.
    pub fn arise(&mut self, now: Duration) {
        self.until = Some(now + Self::LASTS);
        self.ask_at = now;
    }

    /// Whether to reconcile now.
    pub fn is_due(&self, now: Duration) -> bool {
        self.until.is_some() && now >= self.ask_at
    }

    /// Tells that claims were reconciled.
    pub fn asked(&mut self, now: Duration) {
        self.ask_at = now + Self::ASK_EVERY;
        self.until = self.until.filter(|until| now < *until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_reconciled_until_the_server_has_given_up_too() {
        let mut doubt = Reconcile::default();
        assert!(!doubt.is_due(Duration::from_secs(9)));
        doubt.arise(Duration::from_secs(10));
        let mut asked = Vec::new();
        for second in 10..100 {
            let now = Duration::from_secs(second);
            if doubt.is_due(now) {
                asked.push(second);
                doubt.asked(now);
            }
        }
        assert_eq!(asked, [10, 15, 20, 25, 30, 35, 40, 45]);
    }
}
