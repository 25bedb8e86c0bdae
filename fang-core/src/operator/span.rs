//! Spans of time, as operators write them and read them.

use chrono::{DateTime, Utc};
use std::time::Duration;

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads a whole number with a unit, such as `90s`.
///
/// # Errors
/// A text that says what to write.
pub fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = UNITS.iter().find(|(unit, _)| *unit == &text[digits.len()..]);
    let millis = unit.and_then(|(_, millis)| digits.parse::<u64>().ok()?.checked_mul(*millis));
    millis
        .map(Duration::from_millis)
        .ok_or_else(|| "write a whole number of ms, s, m, h or d, such as 90s".to_owned())
}

/// The span in its largest whole unit, such as `3m`.
pub fn short(span: Duration) -> String {
    let seconds = span.as_secs();
    let units = [("d", 86_400), ("h", 3600), ("m", 60)];
    let unit = units.iter().find(|(_, unit)| seconds >= *unit);
    unit.map_or_else(|| format!("{seconds}s"), |(name, unit)| format!("{}{name}", seconds / unit))
}

/// The span in the unit that leaves some digits before the point, such as `1.5ms`.
pub fn precise(span: Duration) -> String {
    let micros = span.as_micros() as f64;
    let units = [("s", 1e6), ("ms", 1e3)];
    let unit = units.iter().find(|(_, unit)| micros >= *unit);
    unit.map_or_else(|| format!("{micros:.0}us"), |(name, unit)| format!("{:.1}{name}", micros / unit))
}

/// An instant as seen from now, such as `3m ago` and `in 2h`.
pub fn relative(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match (at - now).to_std() {
        Ok(ahead) if ahead.as_secs() > 0 => format!("in {}", short(ahead)),
        _ => format!("{} ago", short((now - at).to_std().unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn spans_are_whole_numbers_with_a_unit() {
        let millis = |text| parse(text).map(|span| span.as_millis());
        let read = ["250ms", "90s", "5m", "2h", "1d"].map(millis);
        assert_eq!(read, [Ok(250), Ok(90_000), Ok(300_000), Ok(7_200_000), Ok(86_400_000)]);
        for text in ["", "5", "s", "-5s", "1.5h", "5 s", "5w", "99999999999999999999s", "9999999999999999d"] {
            assert!(parse(text).is_err_and(|advice| advice.contains("such as 90s")), "{text}");
        }
    }

    #[test]
    fn a_span_is_shown_in_its_largest_unit() {
        let shown = [0, 59, 60, 7199, 86_400 * 3 + 5].map(|seconds| short(Duration::from_secs(seconds)));
        assert_eq!(shown, ["0s", "59s", "1m", "1h", "3d"]);
    }

    #[test]
    fn short_spans_keep_a_digit_after_the_point() {
        let shown = [7, 1500, 2_340_000].map(|micros| precise(Duration::from_micros(micros)));
        assert_eq!(shown, ["7us", "1.5ms", "2.3s"]);
    }

    #[test]
    fn times_are_relative_to_now() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let told = |seconds| relative(now + TimeDelta::seconds(seconds), now);
        assert_eq!([-185, 0, 7_300].map(told), ["3m ago", "0s ago", "in 2h"]);
    }
}
