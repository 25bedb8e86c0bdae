//! Texts, numbers and times as pages show them.

use chrono::{DateTime, SecondsFormat, Utc};
use fang_core::FangTaskState;
use fang_core::operator::span::{self, relative};
use fang_core::store::{Capped, Matching, Rate};
use maud::{Markup, html};
use std::time::Duration;

pub(crate) use fang_core::operator::visible;

/// The beginning of a text, in one line.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    let begin: String = line.chars().take(most).collect();
    let is_cut = begin.len() < text.trim_end().len();
    visible(&if is_cut { format!("{begin}…") } else { begin })
}

/// A number with its thousands set apart.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// A number, with a plus sign if there are more.
pub(crate) fn matching(of: &Matching) -> String {
    number(of.tasks) + if of.is_cut { "+" } else { "" }
}

/// A number, with a plus sign if there are more.
pub(crate) fn capped(of: &Capped) -> String {
    number(of.count) + if of.is_capped { "+" } else { "" }
}

/// How many tasks.
pub(crate) fn tasks(tasks: u64) -> String {
    if tasks == 1 { "1 task".to_owned() } else { format!("{} tasks", number(tasks)) }
}

/// A rate with one digit after the point if it is small.
pub(crate) fn rate(rate: f64) -> String {
    match rate {
        0.0 => "0".to_owned(),
        rate if rate >= 100.0 => number(rate.round() as u64),
        rate if rate < 0.1 => format!("{rate:.3}"),
        rate => format!("{rate:.1}"),
    }
}

/// A short span, if there is one.
pub(crate) fn precise(span: Option<Duration>) -> String {
    span.map_or_else(String::new, span::precise)
}

/// A word with a capital letter.
pub(crate) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// The titles of the [`quantiles`].
pub(crate) const QUANTILES: [&str; 6] = ["Run p50", "Run p95", "Run p99", "Wait p50", "Wait p95", "Wait p99"];

/// How long runs took, and how long their tasks had waited.
pub(crate) fn quantiles(rate: &Rate) -> [Option<Duration>; 6] {
    [rate.p50, rate.p95, rate.p99, rate.wait_p50, rate.wait_p95, rate.wait_p99]
}

/// An instant in UTC, to the second. The script shows it in the zone of the viewer.
pub(crate) fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// An instant as the time until now, with the instant as a hint.
pub(crate) fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> Markup {
    html! { time datetime=(machine(at)) title=(utc(at)) { (relative(at, now)) } }
}

/// An instant, and the time until now.
pub(crate) fn instant(at: DateTime<Utc>, now: DateTime<Utc>) -> Markup {
    html! {
        time datetime=(machine(at)) data-absolute { (utc(at)) } " "
        span.faint { "(" time datetime=(machine(at)) { (relative(at, now)) } ")" }
    }
}

fn machine(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The state of a task, with its colour.
pub(crate) fn state(state: FangTaskState) -> Markup {
    let (class, word) = match state {
        FangTaskState::New => ("waits", "new"),
        FangTaskState::Retried => ("waits", "retried"),
        FangTaskState::InProgress => ("runs", "running"),
        FangTaskState::Failed => ("bad", "failed"),
        FangTaskState::Finished => ("good", "finished"),
    };
    html! { span class={ "badge " (class) } { (word) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_steers_its_reader() {
        assert_eq!(shortened("a\u{7}b", 60), "a\\u{7}b");
        assert_eq!(shortened("first\nsecond", 60), "first…");
        assert_eq!(shortened(&"ä".repeat(61), 60), format!("{}…", "ä".repeat(60)));
    }

    #[test]
    fn numbers_are_whole_and_easy_to_read() {
        assert_eq!(
            [0, 999, 1_000, 9_007_199_254_740_993].map(number),
            ["0", "999", "1,000", "9,007,199,254,740,993"]
        );
        assert_eq!([0.0, 0.0123, 1.25, 12_345.6].map(rate), ["0", "0.012", "1.2", "12,346"]);
    }
}
