//! Ticks around each change of the clocks, for every zone of the IANA database: each local time ticks once, in order.

// Tests report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use fang_core::schedule::{Cron, Timetable};
use std::collections::BTreeSet;

/// How far before and after a change ticks are compared: more than the size of any change, except for skipped days.
const AROUND: TimeDelta = TimeDelta::hours(4);

/// The local time of a zone.
fn shown(zone: Tz, instant: i64) -> NaiveDateTime {
    zone.from_utc_datetime(&DateTime::from_timestamp(instant, 0).unwrap().naive_utc()).naive_local()
}

fn offset(zone: Tz, instant: i64) -> i32 {
    let instant = DateTime::from_timestamp(instant, 0).unwrap().naive_utc();
    zone.offset_from_utc_datetime(&instant).fix().local_minus_utc()
}

/// The instants at which the clocks of a zone are changed.
fn changes(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    const STEP: i64 = 4 * 24 * 60 * 60; // Changes may be close: Morocco changes its clocks for the month of Ramadan.
    let mut found = Vec::new();
    let mut at = from.timestamp();
    while at < to.timestamp() {
        let (mut before, mut since) = (at, at + STEP);
        let old = offset(zone, before);
        if old != offset(zone, since) {
            while since - before > 1 {
                let middle = before.midpoint(since);
                if offset(zone, middle) == old { before = middle } else { since = middle }
            }
            found.push(DateTime::from_timestamp(since, 0).unwrap());
        }
        at += STEP;
    }
    found
}

/// Each local time around a change, with the instant at which it should tick: when the clocks first show that time, or
/// when they skip it. Found minute by minute.
fn watched(zone: Tz, change: DateTime<Utc>) -> Vec<(NaiveDateTime, DateTime<Utc>)> {
    let minute = TimeDelta::minutes(1);
    let mut at = change - AROUND;
    let mut next = shown(zone, at.timestamp());
    let mut found = Vec::new();
    while at <= change + AROUND {
        // Usually one local time; none while the clocks repeat an hour, and many after a gap.
        let now = shown(zone, at.timestamp());
        while next <= now {
            found.push((next, at));
            next += minute;
        }
        at += minute;
    }
    found
}

fn ticks(timetable: &Timetable, change: DateTime<Utc>) -> BTreeSet<DateTime<Utc>> {
    let mut at = change - AROUND - TimeDelta::seconds(1);
    let mut found = BTreeSet::new();
    loop {
        let next = timetable.next_after(at, at).unwrap();
        assert!(next > at, "{next} does not come after {at}");
        if next > change + AROUND {
            return found;
        }
        found.insert(next);
        at = next;
    }
}

/// A pattern at a time that the change skips or repeats.
fn daily_at(time: NaiveDateTime) -> String {
    format!("{} {} * * *", time.minute(), time.hour())
}

fn check(zone: Tz, change: DateTime<Utc>) {
    let at = change.timestamp();
    // The middle of the skipped or repeated time, to the minute.
    let middle = (offset(zone, at) - offset(zone, at - 1)).abs() / 120 * 60;
    let time = shown(zone, at - 1).min(shown(zone, at)) + TimeDelta::seconds(i64::from(middle));
    let daily = move |shown: NaiveDateTime| (shown.hour(), shown.minute()) == (time.hour(), time.minute());
    let patterns: [(String, &dyn Fn(NaiveDateTime) -> bool); 3] = [
        ("0 * * * *".to_owned(), &|shown| shown.minute() == 0),
        ("*/30 * * * *".to_owned(), &|shown| shown.minute() % 30 == 0),
        (daily_at(time), &daily),
    ];
    let watched = watched(zone, change);
    for (pattern, matches) in patterns {
        let cron = Cron::new(&pattern).time_zone(zone.name());
        let found = ticks(&Timetable::read(&cron).unwrap(), change);
        let expected = watched.iter().filter(|(shown, _)| matches(*shown)).map(|(_, at)| *at).collect();
        assert_eq!(found, expected, "{pattern} in {zone} around {change}");
    }
}

#[test]
fn every_time_of_every_zone_ticks_once_around_every_change_of_its_clocks() {
    let from = "2024-01-01T00:00:00Z".parse().unwrap();
    let to = "2036-01-01T00:00:00Z".parse().unwrap();
    // Two halves on two threads: every machine has two cores.
    let halves = TZ_VARIANTS.split_at(TZ_VARIANTS.len() / 2);
    let checked = |zones: &[Tz]| -> usize {
        let changes =
            zones.iter().flat_map(|zone| changes(*zone, from, to).into_iter().map(|at| (*zone, at)));
        changes.map(|(zone, change)| check(zone, change)).count()
    };
    let checked = std::thread::scope(|scope| {
        let other = scope.spawn(|| checked(halves.1));
        checked(halves.0) + other.join().unwrap()
    });
    assert!(TZ_VARIANTS.len() > 500 && checked > 4_000, "{checked} changes in {} zones", TZ_VARIANTS.len());
}

/// Samoa skipped the 30th of December 2011.
#[test]
fn a_skipped_day_ticks_once_at_its_end() {
    let timetable = Timetable::read(&Cron::new("0 9 * * *").time_zone("Pacific/Apia")).unwrap();
    let mut at: DateTime<Utc> = "2011-12-29T00:00:00Z".parse().unwrap();
    let mut found = Vec::new();
    for _ in 0..4 {
        at = timetable.next_after(at, at).unwrap();
        found.push(at.with_timezone(&chrono_tz::Pacific::Apia).format("%F %T").to_string());
    }
    assert_eq!(
        found,
        ["2011-12-29 09:00:00", "2011-12-31 00:00:00", "2011-12-31 09:00:00", "2012-01-01 09:00:00"]
    );
}
