//! How often an idle pool polls for tasks.

use std::time::Duration;
use typed_builder::TypedBuilder;

/// Polling behind notifications. The period is the shortest while a pool finds tasks without a notification,
/// and eight times that after a notification. Each poll that finds nothing doubles the period, and adds at
/// least `sleep_step`, up to the longest.
///
/// ```
/// use fang_core::SleepParams;
/// use std::time::Duration;
/// let calm = SleepParams { max_sleep_period: Duration::from_secs(5), ..SleepParams::default() };
/// assert_eq!(calm.min_sleep_period, Duration::from_millis(5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, TypedBuilder)]
pub struct SleepParams {
    /// The first period, kept between the shortest and the longest. Defaults to 5 ms.
    #[builder(default = SleepParams::default().sleep_period)]
    pub sleep_period: Duration,
    /// The longest period. A task that becomes due in an idle pool starts at most this late. Defaults to 1.5
    /// s.
    #[builder(default = SleepParams::default().max_sleep_period)]
    pub max_sleep_period: Duration,
    /// The shortest period. Defaults to 5 ms; values under 1 ms count as 1 ms.
    #[builder(default = SleepParams::default().min_sleep_period)]
    pub min_sleep_period: Duration,
    /// The least by which a period grows. Defaults to 5 ms.
    #[builder(default = SleepParams::default().sleep_step)]
    pub sleep_step: Duration,
}

impl Default for SleepParams {
    fn default() -> Self {
        Self {
            sleep_period: Duration::from_millis(5),
            max_sleep_period: Duration::from_millis(1500),
            min_sleep_period: Duration::from_millis(5),
            sleep_step: Duration::from_millis(5),
        }
    }
}

impl SleepParams {
    /// The shortest period in effect.
    pub fn shortest(&self) -> Duration {
        self.min_sleep_period.max(Duration::from_millis(1))
    }

    /// The longest period in effect.
    pub fn longest(&self) -> Duration {
        self.max_sleep_period.max(self.shortest())
    }

    /// The period after `current`, when a poll finds nothing.
    pub fn longer_than(&self, current: Duration) -> Duration {
        let grown = current.saturating_add(self.sleep_step.max(current));
        grown.min(self.longest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn millis() -> impl Strategy<Value = Duration> {
        (0_u64..100_000).prop_map(Duration::from_millis)
    }

    proptest! {
        #[test]
        fn a_period_stays_within_its_bounds_whatever_they_are(
            (sleep_period, max, min, sleep_step) in (millis(), millis(), millis(), millis()),
        ) {
            let params = SleepParams { sleep_period, max_sleep_period: max, min_sleep_period: min, sleep_step };
            let mut period = params.shortest();
            for _ in 0..40 {
                period = params.longer_than(period);
                prop_assert!(period >= params.shortest());
                prop_assert!(period <= params.max_sleep_period.max(params.shortest()));
            }
        }
    }
}
