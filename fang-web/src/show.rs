//! Texts, numbers and times as pages show them.

use chrono::{DateTime, SecondsFormat, Utc};
use fang_core::FangTaskState;
use fang_core::operator::span;
use fang_core::store::{Capped, Matching};
use maud::{Markup, html};
use std::time::Duration;

/// The text with an escape for each character that would steer the reader: control characters, and those that change the
/// direction of text or cannot be seen. Lines and tabs stay.
pub(crate) fn visible(text: &str) -> String {
    let is_unseen = |c: char| {
        matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || (c.is_control() && c != '\n' && c != '\t')
    };
    if !text.contains(is_unseen) {
        return text.to_owned();
    }
    let escaped = |c: char| if is_unseen(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

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

/// Such as `3m ago` and `in 2h`. The script says it in the same way.
fn relative(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match (at - now).to_std() {
        Ok(ahead) if ahead.as_secs() > 0 => format!("in {}", span::short(ahead)),
        _ => format!("{} ago", span::short((now - at).to_std().unwrap_or_default())),
    }
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
    use chrono::TimeDelta;

    #[test]
    fn no_text_steers_its_reader() {
        assert_eq!(visible("a\tb\nc größer"), "a\tb\nc größer");
        assert_eq!(visible("gpj\u{202e}exe\u{7}\r"), "gpj\\u{202e}exe\\u{7}\\u{d}");
        assert_eq!(visible("\u{200f}\u{2066}\u{feff}"), "\\u{200f}\\u{2066}\\u{feff}");
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

    #[test]
    fn times_are_relative_to_now() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let told = |seconds| relative(now + TimeDelta::seconds(seconds), now);
        assert_eq!([-185, 0, 7_300].map(told), ["3m ago", "0s ago", "in 2h"]);
    }
}
