//! Intervals, written as patterns: `@every 90s`.

use crate::error::ScheduleError;
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

const PREFIX: &str = "@every ";

/// In milliseconds. Shorter intervals would keep every pool busy with its crons.
const SHORTEST: u64 = 1000;

/// The pattern of an interval, rounded down to milliseconds.
pub(super) fn text(interval: Duration) -> String {
    let millis = interval.as_millis();
    match millis % 1000 {
        0 => format!("{PREFIX}{}s", millis / 1000),
        _ => format!("{PREFIX}{millis}ms"),
    }
}

/// The interval of a pattern; `None` when the pattern is no interval.
pub(super) fn parse(pattern: &str) -> Option<Result<TimeDelta, ScheduleError>> {
    let interval = pattern.trim().strip_prefix(PREFIX)?.trim();
    let refuse = |reason| ScheduleError::Interval { pattern: pattern.to_owned(), reason };
    let millis = millis(interval).ok_or_else(|| refuse("it is no whole number of ms, s, m or h"));
    Some(millis.and_then(|millis| {
        match millis {
            0 => Err(refuse("it is zero")),
            1..SHORTEST => Err(refuse("it is shorter than a second")),
            _ => i64::try_from(millis)
                .ok()
                .and_then(TimeDelta::try_milliseconds)
                .ok_or_else(|| refuse("it is too long")),
        }
    }))
}

fn millis(interval: &str) -> Option<u64> {
    let digits = interval.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match interval.get(digits.len()..)?.trim() {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// The first instant after `after` that is a multiple of the interval away from `anchor`.
pub(super) fn next_after(
    interval: TimeDelta,
    anchor: DateTime<Utc>,
    after: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    if after < anchor {
        return Some(anchor);
    }
    // In microseconds, the precision in which stores keep an anchor.
    let since = (after - anchor).num_microseconds()?;
    let interval = interval.num_microseconds()?;
    let steps = (since / interval).checked_add(1)?;
    anchor.checked_add_signed(TimeDelta::microseconds(steps.checked_mul(interval)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_interval_is_written_in_the_unit_that_fits() {
        assert_eq!(text(Duration::from_secs(90)), "@every 90s");
        assert_eq!(text(Duration::from_millis(1500)), "@every 1500ms");
        assert_eq!(parse("@every 2h").unwrap().unwrap(), TimeDelta::hours(2));
        assert_eq!(parse("@every 5 m").unwrap().unwrap(), TimeDelta::minutes(5));
        assert!(parse("0 9 * * *").is_none());
    }

    #[test]
    fn an_interval_that_cannot_be_followed_is_refused_with_the_reason() {
        let bad = [
            ("@every 0s", "zero"),
            ("@every 999ms", "shorter"),
            ("@every day", "whole number"),
            ("@every -1s", "whole number"),
            ("@every 1.5s", "whole number"),
            ("@every 99999999999999999999s", "whole number"),
            ("@every 18446744073709551615ms", "too long"),
        ];
        for (pattern, reason) in bad {
            let error = parse(pattern).unwrap().unwrap_err().to_string();
            assert!(error.contains(pattern) && error.contains(reason), "{error}");
        }
    }

    proptest! {
        #[test]
        fn the_next_one_is_a_whole_number_of_intervals_away_and_the_first_that_is_later(
            interval in 1_000_i64..10_000_000,
            after in 0_i64..10_000_000_000_000,
        ) {
            let (anchor, after) = (DateTime::UNIX_EPOCH, DateTime::from_timestamp_micros(after).unwrap());
            let interval = TimeDelta::milliseconds(interval);
            let next = next_after(interval, anchor, after).unwrap();
            prop_assert!(next > after && next - interval <= after);
            prop_assert_eq!((next - anchor).num_milliseconds() % interval.num_milliseconds(), 0);
        }

        #[test]
        fn writing_and_reading_gives_the_same_interval(millis in 1_000_u64..u64::from(u32::MAX)) {
            let interval = Duration::from_millis(millis);
            prop_assert_eq!(parse(&text(interval)).unwrap().unwrap().to_std().unwrap(), interval);
        }
    }
}
