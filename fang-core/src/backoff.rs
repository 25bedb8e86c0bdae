//! How long a failed task waits.

use std::time::Duration;

/// The longest that the default backoff waits.
pub const LONGEST_BACKOFF: Duration = Duration::from_secs(24 * 60 * 60);

/// The default backoff in seconds: 2 to the power of `attempt`, at most a day.
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

    proptest! {
        #[test]
        fn the_wait_never_shrinks_and_never_passes_a_day(attempt in any::<u32>()) {
            let wait = exponential(attempt);
            prop_assert!((1..=86_400).contains(&wait));
            prop_assert!(exponential(attempt.saturating_add(1)) >= wait);
        }
    }
}
