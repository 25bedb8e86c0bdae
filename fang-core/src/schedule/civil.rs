//! Conversion of the times of a zone's clocks to instants. A pattern is matched against times without a zone.
//! Only this file knows that clocks are put forward and back.
//!
//! The library that matches patterns treats such changes differently: patterns with wildcards tick twice in a
//! repeated hour. That is why it gets times without a zone.

use chrono::{DateTime, FixedOffset, MappedLocalTime, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};
use croner::Cron;

/// The first instant after `after` at which the clocks of `zone` show a time that the pattern matches. A time
/// shown twice counts at its first occurrence. A time that is skipped counts at the first instant after the
/// gap.
pub(super) fn next_after(pattern: &Cron, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let shown = after.naive_utc().checked_add_offset(offset_at(zone, after))?;
    let next = match repeated_until(zone, shown, after) {
        Some(end) => pattern.find_next_occurrence(&end.and_utc(), true),
        None => pattern.find_next_occurrence(&shown.and_utc(), false),
    };
    instant(zone, next.ok()?.naive_utc())
}

/// The end of the repeated stretch, when `after` is in its second run. All times before that end have ticked
/// already.
fn repeated_until(zone: Tz, shown: NaiveDateTime, after: DateTime<Utc>) -> Option<NaiveDateTime> {
    let MappedLocalTime::Ambiguous(one, other) = zone.from_local_datetime(&shown) else { return None };
    let (first, second) = (one.min(other), one.max(other));
    if after < second.to_utc() {
        return None;
    }
    // A binary search for the instant at which the clocks were put back.
    let offset = first.offset().fix();
    let (mut before, mut since) = (first.timestamp(), second.timestamp());
    while since - before > 1 {
        let middle = before + (since - before) / 2;
        if offset_at(zone, DateTime::from_timestamp(middle, 0)?) == offset {
            before = middle;
        } else {
            since = middle;
        }
    }
    DateTime::from_timestamp(since, 0)?.naive_utc().checked_add_offset(offset)
}

/// The first instant at which the clocks of `zone` show this time, or have skipped it.
fn instant(zone: Tz, shown: NaiveDateTime) -> Option<DateTime<Utc>> {
    let instant = match zone.from_local_datetime(&shown) {
        MappedLocalTime::Single(only) => only,
        MappedLocalTime::Ambiguous(one, other) => one.min(other),
        MappedLocalTime::None => GapInfo::new(&shown, &zone)?.end?,
    };
    Some(instant.to_utc())
}

fn offset_at(zone: Tz, instant: DateTime<Utc>) -> FixedOffset {
    zone.offset_from_utc_datetime(&instant.naive_utc()).fix()
}
