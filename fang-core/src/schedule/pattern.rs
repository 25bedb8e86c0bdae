use super::civil;
use crate::error::ScheduleError;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// A parsed cron pattern. Fields are separated by spaces and may have lists (`1,15`), ranges (`1-5`), steps
/// (`*/10`) and names (`Mon`, `Jan`).
///
/// - Five fields, `minute hour day month weekday`, as in crontab(5) of Vixie cron. Weekdays count from 0
///   (Sunday). A day matches when the day of the month *or* the weekday does. When one of these two fields
///   starts with `*`, such as `*/2`, a day matches when both fields do.
/// - Six fields, `second minute hour day month weekday`, or seven, with the year last, as in the Quartz
///   scheduler and in fang 0.9 to 0.11. Weekdays count from 1 (Sunday). A day matches when the day of the
///   month *and* the weekday do.
///
/// ```
/// use fang_core::schedule::CronPattern;
/// let now = chrono::DateTime::parse_from_rfc3339("2026-01-01T00:00:05Z").unwrap().to_utc();
/// let pattern = CronPattern::parse("0/20 * * * * * *")?;
/// assert_eq!(pattern.next_after(now)?.to_rfc3339(), "2026-01-01T00:00:20+00:00");
/// # Ok::<(), fang_core::ScheduleError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CronPattern {
    text: String,
    cron: Cron,
}

impl CronPattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// [`ScheduleError::Pattern`] when the text is not a valid pattern.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let refuse = |reason: String| ScheduleError::Pattern { pattern: text.to_owned(), reason };
        let parser = match text.split_whitespace().count() {
            5 => crontab(text),
            6 | 7 => quartz(),
            fields => return Err(refuse(format!("it has {fields} fields"))),
        };
        let cron = parser.parse(text).map_err(|error| refuse(error.to_string()))?;
        Ok(Self { text: text.to_owned(), cron })
    }

    /// The first instant after `now` that the pattern matches, in UTC.
    ///
    /// # Errors
    /// [`ScheduleError::NeverFires`] when there is no such instant.
    pub fn next_after(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, ScheduleError> {
        self.next_in(Tz::UTC, now)
    }

    /// The first instant after `now` that the pattern matches on the clocks of `zone`.
    pub(super) fn next_in(&self, zone: Tz, now: DateTime<Utc>) -> Result<DateTime<Utc>, ScheduleError> {
        let next = civil::next_after(&self.cron, zone, now);
        next.ok_or_else(|| ScheduleError::NeverFires { pattern: self.text.clone() })
    }
}

fn crontab(text: &str) -> CronParser {
    let mut days = text.split_whitespace().skip(2).step_by(2);
    let has_star = days.any(|field| field.starts_with('*'));
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).dom_and_dow(has_star).build()
}

fn quartz() -> CronParser {
    CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Optional)
        .alternative_weekdays(true)
        .dom_and_dow(true)
        .sloppy_ranges(true)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn next(pattern: &str) -> String {
        let next = CronPattern::parse(pattern).unwrap().next_after(at("2026-11-24T10:00:00Z"));
        next.unwrap().format("%F %T").to_string()
    }

    #[test]
    fn seven_and_six_fields_read_as_fang_0_10_read_them() {
        assert_eq!(next("0/20 * * * * * *"), "2026-11-24 10:00:20");
        assert_eq!(next("0 0 9 * * 2 *"), "2026-11-30 09:00:00"); // 2 is Monday
        assert_eq!(next("0 0 9 ? * 1"), "2026-11-29 09:00:00"); // 1 is Sunday
        assert_eq!(next("0/20 * * * Aug-Sep * 2022/1"), "2027-08-01 00:00:00");
    }

    #[test]
    fn five_fields_read_as_crontab_reads_them() {
        assert_eq!(next("30 9 * * 1"), "2026-11-30 09:30:00"); // 1 is Monday
        assert_eq!(next("0 0 13 * 5"), "2026-11-27 00:00:00"); // the 13th or a Friday
    }

    #[test]
    fn an_invalid_pattern_is_refused_with_the_reason() {
        for pattern in ["", "* * * *", "61 * * * * *", "0 0 0 1 13 * *", "a b c d e", "* * * * * * * *"] {
            let error = CronPattern::parse(pattern).unwrap_err();
            assert!(matches!(error, ScheduleError::Pattern { .. }), "{pattern}: {error}");
        }
    }

    #[test]
    fn a_pattern_that_never_fires_says_so() {
        for pattern in ["0 0 0 30 2 * *", "0 0 0 1 1 * 2020", "0 0 31 4 *"] {
            let outcome = CronPattern::parse(pattern)
                .and_then(|pattern| pattern.next_after(at("2026-11-24T10:00:00Z")));
            assert!(matches!(outcome, Err(ScheduleError::NeverFires { .. })), "{pattern}: {outcome:?}");
        }
    }

    proptest! {
        #[test]
        fn reading_a_pattern_never_panics(text in "[0-9*,/?LW# -]{0,24}") {
            if let Ok(pattern) = CronPattern::parse(&text) {
                let now = at("2026-11-24T10:00:00Z");
                if let Ok(next) = pattern.next_after(now) {
                    prop_assert!(next > now);
                }
            }
        }
    }
}
