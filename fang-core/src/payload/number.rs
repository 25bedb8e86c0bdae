//! Numbers as `jsonb` prints them.

use std::borrow::Cow;

/// The number type of Postgres has at most 131,072 digits before its point. Larger numbers are left to the server.
const LARGEST_EXPONENT: i64 = 131_072;

/// Whether a scalar of JSON is a number.
pub(super) fn is_number(scalar: &str) -> bool {
    scalar.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

/// The number as `jsonb` prints it: without an exponent, and a zero without a sign.
pub(super) fn printed(number: &str) -> Cow<'_, str> {
    let has_exponent = number.contains(['e', 'E']);
    if !has_exponent && !number.starts_with("-0") {
        return Cow::Borrowed(number);
    }
    let (number_without, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let Some(exponent) = exponent.parse().ok().filter(|n: &i64| n.abs() <= LARGEST_EXPONENT) else {
        return Cow::Borrowed(number);
    };
    let (sign, digits) = match number_without.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number_without),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = shifted(whole, fraction, exponent);
    let is_zero = whole == "0" && fraction.bytes().all(|digit| digit == b'0');
    let (sign, point) = (if is_zero { "" } else { sign }, if fraction.is_empty() { "" } else { "." });
    Cow::Owned(format!("{sign}{whole}{point}{fraction}"))
}

/// Moves the point to the right, or to the left if the exponent is negative.
fn shifted(whole: &str, fraction: &str, exponent: i64) -> (String, String) {
    let places = usize::try_from(exponent.unsigned_abs()).unwrap_or_default();
    let (whole, fraction) = if exponent >= 0 {
        let moved = places.min(fraction.len());
        let (into, rest) = fraction.split_at(moved);
        (format!("{whole}{into}{}", "0".repeat(places - moved)), rest.to_owned())
    } else {
        let padded = format!("{}{whole}", "0".repeat(places.saturating_sub(whole.len())));
        let (rest, into) = padded.split_at(padded.len() - places);
        (rest.to_owned(), format!("{into}{fraction}"))
    };
    let whole = whole.trim_start_matches('0');
    (if whole.is_empty() { "0".to_owned() } else { whole.to_owned() }, fraction)
}

/// The number, and a zero without a sign. Another form of a number is another value: an enum that is untagged may take
/// `1e16` for a float, and `10000000000000000` for an integer.
pub(super) fn canonical(number: &str) -> &str {
    let is_zero = number.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
    if is_zero { number.trim_start_matches('-') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_postgres_prints_them() {
        // Taken from SELECT $1::jsonb.
        let numbers = [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0.0"),
            ("-0.50", "-0.50"),
            ("12.340", "12.340"),
            ("1e16", "10000000000000000"),
            ("1.5e3", "1500"),
            ("1.2345e2", "123.45"),
            ("1.0e2", "100"),
            ("1e-7", "0.0000001"),
            ("-12.5e-1", "-1.25"),
            ("125E-4", "0.0125"),
            ("0e5", "0"),
            ("0.0e-3", "0.0000"),
        ];
        for (json, expected) in numbers {
            assert_eq!(printed(json), expected, "{json}");
        }
    }

    #[test]
    fn a_number_that_no_server_takes_is_left_alone() {
        assert_eq!(printed("1e999999999"), "1e999999999");
        assert_eq!(printed("1e99999999999999999999"), "1e99999999999999999999");
    }

    #[test]
    fn only_the_sign_of_a_zero_does_not_count() {
        assert_eq!(canonical("-0.0"), canonical("0.0"));
        for (one, other) in [("1e16", "10000000000000000"), ("0", "0.0"), ("-1", "1"), ("-0.01", "0.01")] {
            assert_ne!(canonical(one), canonical(other));
        }
    }
}
