//! Patterns of five fields fire at the same times as in crontab(5) of Vixie cron. `vixie/table.py` makes the table.

// Tests report by panics.
#![allow(clippy::unwrap_used)]

use chrono::{DateTime, Utc};
use fang_core::schedule::CronPattern;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00Z")).unwrap().to_utc()
}

/// The first instants of a pattern after the start of the table.
fn fires(pattern: &str, count: usize) -> Vec<DateTime<Utc>> {
    let pattern = CronPattern::parse(pattern).unwrap();
    let mut found = vec![at("2026-11-24T10:00")];
    for _ in 0..count {
        found.push(pattern.next_after(*found.last().unwrap()).unwrap());
    }
    found.split_off(1)
}

#[test]
fn two_hundred_patterns_fire_when_vixie_cron_does() {
    let table: Vec<&str> = include_str!("vixie/table.txt").lines().collect();
    let differs = |line: &&&str| {
        let (pattern, instants) = line.split_once(" | ").unwrap();
        let expected: Vec<_> = instants.split(" | ").map(at).collect();
        fires(pattern, expected.len()) != expected
    };
    let wrong: Vec<_> = table.iter().filter(differs).collect();
    assert_eq!((table.len(), wrong), (200, Vec::new()));
}
