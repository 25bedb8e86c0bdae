//! How often an idle pool polls for tasks.

use std::time::Duration;
use typed_builder::TypedBuilder;

/// How often an idle pool polls the store for tasks. Pools are notified of inserts too, and a poll tells when the
/// next task becomes due, so this matters where notifications are off or lost, and for stores that do not
/// [tell](crate::store::ClaimedTasks::next_in).
///
/// The time between two polls begins at `sleep_period`. A poll that finds nothing doubles it, or adds
/// `sleep_step` if that is more, up to `max_sleep_period`. A poll that finds tasks sets it back to
/// `min_sleep_period`, or to eight times that if a notification led to the poll. A busy pool claims when
/// workers become free and does not sleep.
///
/// ```
/// use fang_core::SleepParams;
/// use std::time::Duration;
/// let calm = SleepParams { max_sleep_period: Duration::from_secs(5), ..SleepParams::default() };
/// assert_eq!(calm.min_sleep_period, Duration::from_millis(5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, TypedBuilder)]
pub struct SleepParams {
    /// The time between two polls with which a pool starts. Values outside of the range from
    /// `min_sleep_period` to `max_sleep_period` count as the nearest of them. Defaults to 5 ms.
    #[builder(default = SleepParams::default().sleep_period)]
    pub sleep_period: Duration,
    /// The longest time between two polls. A task of which the pool was not notified starts at most this late. A pool
    /// of more than five task types may wait up to 10 s, even with a smaller value. Defaults to 1.5 s; values under
    /// `min_sleep_period` count as that.
    #[builder(default = SleepParams::default().max_sleep_period)]
    pub max_sleep_period: Duration,
    /// The shortest time between two polls. Defaults to 5 ms; values under 1 ms count as 1 ms.
    #[builder(default = SleepParams::default().min_sleep_period)]
    pub min_sleep_period: Duration,
    /// The least by which the time grows after a poll that finds nothing. Defaults to 5 ms.
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
    /// The shortest time between two polls: `min_sleep_period`, at least 1 ms.
    pub fn shortest(&self) -> Duration {
        self.min_sleep_period.max(Duration::from_millis(1))
    }

    /// The longest time between two polls: `max_sleep_period`, at least the shortest.
    pub fn longest(&self) -> Duration {
        self.max_sleep_period.max(self.shortest())
    }

    /// The time that follows `current` if a poll finds nothing.
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
