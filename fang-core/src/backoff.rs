//! The wait of a failed task before its next run.

use std::time::Duration;

/// The longest wait, unless [`Backoff::at_most`] sets another: a day.
pub const LONGEST_BACKOFF: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a failed task waits before its next run.
/// [`AsyncRunnable::backoff_policy`](crate::AsyncRunnable::backoff_policy) and
/// [`Runnable::backoff_policy`](crate::Runnable::backoff_policy) return it.
///
/// ```
/// use fang_core::Backoff;
/// use std::time::Duration;
/// let backoff = Backoff::exponential(Duration::from_millis(100)).at_most(Duration::from_secs(5));
/// let waits = [0, 1, 2, 30].map(|attempt| backoff.wait(attempt, 0.5).as_millis());
/// assert_eq!(waits, [100, 200, 400, 5000]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Backoff {
    shape: Shape,
    longest: Duration,
    jitter: f64,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Exponential(Duration),
    Linear(Duration),
    Constant(Duration),
    List(Vec<Duration>),
}

impl Backoff {
    /// Waits `first` after the first failure, and twice as long after each further one.
    pub fn exponential(first: Duration) -> Self {
        Self::new(Shape::Exponential(first))
    }

    /// Waits `step` after the first failure, and longer by `step` after each further one.
    pub fn linear(step: Duration) -> Self {
        Self::new(Shape::Linear(step))
    }

    /// Waits the same after every failure.
    pub fn constant(wait: Duration) -> Self {
        Self::new(Shape::Constant(wait))
    }

    /// Waits the first time of the list after the first failure, the second after the second, and so on. The
    /// last one repeats. An empty list means no wait.
    pub fn list(waits: impl IntoIterator<Item = Duration>) -> Self {
        Self::new(Shape::List(waits.into_iter().collect()))
    }

    fn new(shape: Shape) -> Self {
        Self { shape, longest: LONGEST_BACKOFF, jitter: 0.0 }
    }

    /// Sets the longest wait, jitter included. Defaults to a day.
    pub fn at_most(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// Makes each wait randomly longer or shorter by up to `part` of it, so that tasks which failed together
    /// do not run again together. With 0.1, a wait of 10 s becomes 9 to 11 s. `part` is from 0 to 1; other
    /// numbers count as the nearest. Defaults to 0.
    pub fn jitter(mut self, part: f64) -> Self {
        self.jitter = if part.is_nan() { 0.0 } else { part.clamp(0.0, 1.0) };
        self
    }

    /// Returns the wait. `attempt` is the number of failures before this one: 0 after the first failure.
    /// `random` is a random number from 0 to 1 for the jitter.
    pub fn wait(&self, attempt: u32, random: f64) -> Duration {
        let wait = match &self.shape {
            Shape::Exponential(first) => first.saturating_mul(2_u32.saturating_pow(attempt)),
            Shape::Linear(step) => step.saturating_mul(attempt.saturating_add(1)),
            Shape::Constant(wait) => *wait,
            Shape::List(waits) => {
                let index = usize::try_from(attempt).unwrap_or(usize::MAX);
                waits.get(index).or(waits.last()).copied().unwrap_or_default()
            }
        };
        let factor = 1.0 + self.jitter * (2.0 * random.clamp(0.0, 1.0) - 1.0);
        // Limited before and after: the product of a long wait may overflow.
        wait.min(self.longest).mul_f64(factor).min(self.longest)
    }
}

/// The default backoff, in seconds: 2 to the power of `attempt`, at most a day. `attempt` is 0 after the
/// first failure.
///
/// ```
/// use fang_core::backoff::exponential;
/// assert_eq!(exponential(0), 1);
/// assert_eq!(exponential(4), 16);
/// assert_eq!(exponential(1_000_000), 86_400);
/// ```
pub fn exponential(attempt: u32) -> u32 {
    let cap = LONGEST_BACKOFF.as_secs() as u32;
    2_u32.checked_pow(attempt).map_or(cap, |seconds| seconds.min(cap))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(backoff: &Backoff) -> [u64; 4] {
        [0, 1, 2, 40].map(|attempt| backoff.wait(attempt, 0.5).as_secs())
    }

    #[test]
    fn each_shape_waits_as_it_says() {
        let second = Duration::from_secs(1);
        assert_eq!(seconds(&Backoff::exponential(second)), [1, 2, 4, 86_400]);
        assert_eq!(seconds(&Backoff::linear(second)), [1, 2, 3, 41]);
        assert_eq!(seconds(&Backoff::constant(second)), [1; 4]);
        assert_eq!(seconds(&Backoff::list([5, 7].map(Duration::from_secs))), [5, 7, 7, 7]);
        assert_eq!(seconds(&Backoff::list([])), [0; 4]);
    }

    #[test]
    fn jitter_spreads_to_both_sides() {
        let backoff = Backoff::constant(Duration::from_secs(100)).jitter(0.1);
        let waits = [0.0, 0.5, 1.0].map(|random| backoff.wait(0, random).as_secs());
        assert_eq!(waits, [90, 100, 110]);
    }

    proptest! {
        #[test]
        fn the_wait_never_shrinks_and_never_passes_a_day(attempt in any::<u32>()) {
            let wait = exponential(attempt);
            prop_assert!((1..=86_400).contains(&wait));
            prop_assert!(exponential(attempt.saturating_add(1)) >= wait);
        }

        #[test]
        fn no_policy_panics_or_passes_its_cap(
            first in any::<u64>(), cap in any::<u64>(), attempt in any::<u32>(), jitter in any::<f64>(),
            random in any::<f64>(),
        ) {
            let (first, cap) = (Duration::from_nanos(first), Duration::from_nanos(cap));
            let policies = [
                Backoff::exponential(first), Backoff::linear(Duration::MAX), Backoff::constant(first),
                Backoff::list([first]),
            ];
            for policy in policies {
                prop_assert!(policy.at_most(cap).jitter(jitter).wait(attempt, random) <= cap);
            }
        }
    }
}
