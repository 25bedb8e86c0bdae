//! The pauses between tries of a failed call.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);

/// The longest pause after a refusal. Tries that come sooner may be why a server that is busy refuses others.
const LONGEST_REFUSED: Duration = Duration::from_secs(5);

/// A call is tried again after this long even if the store has answered nobody since. The heart, which tries at least
/// once a second, may hang in a connection that gives no answer.
const UNANSWERED: Duration = Duration::from_secs(5);

/// The pauses between tries. They double from 50 ms up to 1 s. Each is cut at random by up to a half, so that pools
/// which failed together do not come back together.
#[derive(Debug)]
pub struct RetryPause {
    pause: Duration,
    /// How often the store had answered again at the last failure.
    answers: Option<u64>,
}

/// How long to wait after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Before that, the call is not tried again, even if the store answers others.
    pub at_least: Duration,
    /// After that, the call is tried again, even if the store answers nobody.
    pub at_most: Duration,
}

impl Default for RetryPause {
    fn default() -> Self {
        Self { pause: FIRST, answers: None }
    }
}

impl RetryPause {
    /// Whether nothing has failed yet.
    pub fn is_first(&self) -> bool {
        self.pause == FIRST
    }

    /// The next pause; `random` is from 0 to 1.
    pub fn next(&mut self, random: f64) -> Duration {
        self.next_up_to(LONGEST, random)
    }

    /// The next pause after a refusal, up to 5 s; `random` is from 0 to 1.
    pub fn next_refused(&mut self, random: f64) -> Duration {
        self.next_up_to(LONGEST_REFUSED, random)
    }

    fn next_up_to(&mut self, longest: Duration, random: f64) -> Duration {
        let pause = self.pause.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0);
        self.pause = (self.pause * 2).min(longest);
        pause
    }

    /// The wait after a failure of a part that goes on once the store answers any other. `answers` counts how often the
    /// store has answered again, and is `None` if it answered this call with a refusal. If the store has answered
    /// nobody since the last failure, the part goes on at the first answer. If others are answered and this part fails
    /// again, it pauses as well. After a refusal nobody else's answer is waited for, so the pause is all. `random` is
    /// from 0 to 1.
    pub fn wait(&mut self, random: f64, answers: Option<u64>) -> Wait {
        let is_first = self.is_first();
        let others_are_answered = answers.is_none() || answers != self.answers;
        self.answers = answers.or(self.answers);
        let pause = match answers {
            None => self.next_refused(random),
            Some(_) if is_first || others_are_answered => self.next(random),
            Some(_) => Duration::ZERO,
        };
        let at_least = if is_first { Duration::ZERO } else { pause };
        let unanswered = UNANSWERED.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0);
        Wait { at_least, at_most: if answers.is_none() { pause } else { unanswered } }
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
        assert_eq!(last, Some(Duration::from_secs(1)), "the heart promises to try once a second");
    }

    #[test]
    fn only_failures_while_others_are_answered_make_a_part_wait_longer_than_the_store_is_silent() {
        let mut pauses = RetryPause::default();
        let answers = [Some(7), Some(7), Some(7), Some(8), Some(8), Some(9), None, None];
        let waits = answers.map(|answers| pauses.wait(1.0, answers));
        let times = [0, 0, 0, 2, 0, 4, 8, 16].map(|times| FIRST * times);
        assert_eq!(waits.map(|wait| wait.at_least), times);
        let (unanswered, refused) = waits.split_at(6);
        assert!(unanswered.iter().all(|wait| wait.at_most == UNANSWERED));
        assert!(refused.iter().all(|wait| wait.at_most == wait.at_least));
        assert_eq!(RetryPause::default().wait(1.0, None), Wait { at_least: Duration::ZERO, at_most: FIRST });
    }
}
