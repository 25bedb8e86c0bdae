//! The pauses between tries of a failed call.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// The pauses between tries. They double from 50 ms up to 5 s. Each is cut at random by up to a half, so that pools
/// which failed together do not come back together.
#[derive(Debug)]
pub struct RetryPause(Duration);

impl Default for RetryPause {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl RetryPause {
    /// Whether nothing has failed yet.
    pub fn is_first(&self) -> bool {
        self.0 == FIRST
    }

    /// The next pause; `random` is from 0 to 1.
    pub fn next(&mut self, random: f64) -> Duration {
        let pause = self.0.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0);
        self.0 = (self.0 * 2).min(LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_vary() {
        let mut pauses = RetryPause::default();
        assert!(pauses.is_first());
        assert_eq!(pauses.next(1.0), FIRST);
        assert!(!pauses.is_first());
        assert_eq!(pauses.next(0.0), FIRST);
        let last = (0..10).map(|_| pauses.next(1.0)).last();
        assert_eq!(last, Some(LONGEST));
    }
}
