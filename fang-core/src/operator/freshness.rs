use std::time::Duration;

/// Looks take at most a fiftieth of the time.
const SHARE: u32 = 50;

/// How long an answer of the store is told again, so that those who look keep little of it busy: the longer its look took, the
/// longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    at_least: Duration,
    share: u32,
    oldest: Duration,
}

impl Freshness {
    /// An answer is told again for so long at least, and for fifty times as long as its look took. No look makes it older than
    /// `oldest`.
    pub const fn new(at_least: Duration, oldest: Duration) -> Self {
        Self { at_least, share: SHARE, oldest }
    }

    /// Looks take at most this part of the time, in place of a fiftieth: 1000 is a thousandth.
    #[must_use]
    pub const fn share(self, share: u32) -> Self {
        Self { share, ..self }
    }

    /// How long an answer is told again whose look took so long.
    pub fn after(self, took: Duration) -> Duration {
        self.at_least.max(took.saturating_mul(self.share).min(self.oldest))
    }

    /// How long a failure is told again. It may have taken long because the store was away, and says nothing about the next
    /// answer.
    pub fn after_failure(self) -> Duration {
        self.at_least
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_again_for_fifty_times_as_long_as_its_look_took() {
        let second = Duration::from_secs(1);
        let freshness = Freshness::new(second * 5, second * 60);
        assert_eq!(
            [0, 100, 1_000, 9_000].map(|ms| freshness.after(Duration::from_millis(ms))),
            [second * 5, second * 5, second * 50, second * 60]
        );
        assert_eq!(freshness.share(1_000).after(second / 100), second * 10);
        assert_eq!(freshness.after_failure(), second * 5);
        assert_eq!(Freshness::new(second * 600, second * 60).after(second * 9), second * 600);
    }
}
