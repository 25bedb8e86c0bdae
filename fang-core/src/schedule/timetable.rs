use super::{Cron, CronPattern, every};
use crate::error::ScheduleError;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use std::collections::VecDeque;

/// The ticks of a [`Cron`]: its parsed pattern and its time zone.
///
/// ```
/// use fang_core::schedule::{Cron, Timetable};
/// let at = |text| chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc();
/// let cron = Cron::new("30 2 * * *").time_zone("Europe/Berlin");
/// let now = at("2026-03-28T12:00:00Z");
/// // On the 29th, the clocks of Berlin go from two to three.
/// assert_eq!(Timetable::read(&cron)?.next_after(now, now)?, at("2026-03-29T03:00:00+02:00"));
/// # Ok::<(), fang_core::ScheduleError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Timetable(Rhythm);

#[derive(Clone, Debug)]
enum Rhythm {
    Pattern(Box<CronPattern>, Tz),
    Every(TimeDelta, String),
}

impl Timetable {
    /// Parses the pattern or the interval of a cron, and looks up its time zone.
    ///
    /// # Errors
    /// [`ScheduleError::Pattern`], [`ScheduleError::Interval`] or [`ScheduleError::TimeZone`] when one of
    /// them is not valid.
    pub fn read(cron: &Cron) -> Result<Self, ScheduleError> {
        let name = &cron.time_zone;
        let zone = name.parse().map_err(|_| ScheduleError::TimeZone { time_zone: name.clone() })?;
        match every::parse(&cron.pattern) {
            Some(interval) => Ok(Self(Rhythm::Every(interval?, cron.pattern.clone()))),
            None => Ok(Self(Rhythm::Pattern(Box::new(CronPattern::parse(&cron.pattern)?), zone))),
        }
    }

    /// The first tick after `after`. An interval is counted from `anchor`: a tick, or the time of scheduling.
    ///
    /// # Errors
    /// [`ScheduleError::NeverFires`] when there is no such tick.
    pub fn next_after(
        &self,
        anchor: DateTime<Utc>,
        after: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, ScheduleError> {
        match &self.0 {
            Rhythm::Pattern(pattern, zone) => pattern.next_in(*zone, after),
            Rhythm::Every(interval, text) => every::next_after(*interval, anchor, after)
                .ok_or_else(|| ScheduleError::NeverFires { pattern: text.clone() }),
        }
    }

    /// The first tick after `now`, given a later tick. An interval is counted back from that one.
    pub(crate) fn next_before(
        &self,
        later: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, ScheduleError> {
        let anchor = match &self.0 {
            Rhythm::Pattern(..) => now,
            Rhythm::Every(..) => self.last(later, DateTime::UNIX_EPOCH, now).unwrap_or(now),
        };
        self.next_after(anchor, now)
    }

    /// The newest ticks after `anchor` and up to `now`, at most `limit`, the oldest first.
    pub fn newest(&self, anchor: DateTime<Utc>, now: DateTime<Utc>, limit: usize) -> Vec<DateTime<Utc>> {
        // Doubles the span that is searched until it has enough ticks, instead of walking from `anchor`.
        let mut stretch = TimeDelta::seconds(limit as i64 + 1);
        loop {
            let from = now.checked_sub_signed(stretch).unwrap_or(anchor).max(anchor);
            let found = self.walk(anchor, from, now, limit);
            if found.len() == limit || from == anchor {
                return found.into();
            }
            stretch = stretch * 2;
        }
    }

    /// The last tick after `since` and up to `now`. `next` is a known later tick.
    pub(crate) fn last(
        &self,
        next: DateTime<Utc>,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        match &self.0 {
            Rhythm::Pattern(..) => self.newest(since, now, 1).pop(),
            Rhythm::Every(..) if next <= now => self.newest(next, now, 1).pop().or(Some(next)),
            Rhythm::Every(interval, _) => {
                let (interval, ahead) = (interval.num_microseconds()?, (next - now).num_microseconds()?);
                let steps = ahead.saturating_add(interval - 1) / interval;
                let last = next.checked_sub_signed(TimeDelta::microseconds(steps.checked_mul(interval)?))?;
                (last > since).then_some(last)
            }
        }
    }

    fn walk(
        &self,
        anchor: DateTime<Utc>,
        mut from: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: usize,
    ) -> VecDeque<DateTime<Utc>> {
        let mut found = VecDeque::new();
        while let Ok(tick) = self.next_after(anchor, from) {
            if tick > now {
                break;
            }
            found.push_back(tick);
            if found.len() > limit {
                found.pop_front();
            }
            from = tick;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn next(cron: &Cron, after: &str) -> String {
        let after = at(after);
        Timetable::read(cron).unwrap().next_after(after, after).unwrap().to_rfc3339()
    }

    #[test]
    fn a_pattern_is_read_by_the_clocks_of_its_zone() {
        let cron = Cron::new("0 9 * * 1-5").time_zone("Europe/Berlin");
        assert_eq!(next(&cron, "2026-07-03T12:00:00Z"), "2026-07-06T07:00:00+00:00");
        assert_eq!(next(&cron, "2026-01-02T07:59:59.9Z"), "2026-01-02T08:00:00+00:00");
    }

    #[test]
    fn a_skipped_time_ticks_right_behind_the_gap_and_once() {
        let cron = Cron::new("0,30 2,3 * * *").time_zone("Europe/Berlin");
        assert_eq!(next(&cron, "2026-03-29T00:59:00Z"), "2026-03-29T01:00:00+00:00");
        assert_eq!(next(&cron, "2026-03-29T01:00:00Z"), "2026-03-29T01:30:00+00:00");
    }

    #[test]
    fn a_repeated_time_ticks_at_its_first_occurrence() {
        let cron = Cron::new("30 2 * * *").time_zone("Europe/Berlin");
        assert_eq!(next(&cron, "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00+00:00");
        assert_eq!(next(&cron, "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00+00:00");
        let cron = Cron::new("* * * * * *").time_zone("Europe/Berlin");
        assert_eq!(next(&cron, "2026-10-25T01:00:00Z"), "2026-10-25T02:00:00+00:00");
    }

    #[test]
    fn an_unknown_zone_is_refused_with_its_name() {
        for name in ["", "Mars/Olympus", "europe/berlin", "+02:00"] {
            let error = Timetable::read(&Cron::new("0 9 * * *").time_zone(name)).unwrap_err();
            assert!(matches!(&error, ScheduleError::TimeZone { time_zone } if time_zone == name), "{error}");
        }
    }

    #[test]
    fn the_newest_ticks_are_found_however_many_there_were() {
        let (anchor, now) = (at("2020-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"));
        let every_second = Timetable::read(&Cron::every(Duration::from_secs(1))).unwrap();
        let found = every_second.newest(anchor, now, 3);
        assert_eq!(found, [now - TimeDelta::seconds(2), now - TimeDelta::seconds(1), now]);
        let yearly = Timetable::read(&Cron::new("0 0 1 1 *")).unwrap();
        assert_eq!(yearly.newest(anchor, now, 2), [at("2025-01-01T00:00:00Z"), now]);
        assert_eq!(yearly.newest(anchor, now, 10).len(), 6);
        assert!(yearly.newest(anchor, anchor, 10).is_empty());
    }

    #[test]
    fn the_first_and_last_instants_cause_no_panic() {
        let crons = [Cron::new("* * * * *").time_zone("Asia/Tokyo"), Cron::every(Duration::from_secs(1))];
        for cron in crons {
            let timetable = Timetable::read(&cron).unwrap();
            for now in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                let _ = timetable.next_after(now, now);
                let _ = timetable.next_after(DateTime::<Utc>::MIN_UTC, now);
                let _ = timetable.newest(now, now, 5);
            }
            let now = at("2026-01-01T00:00:00Z");
            assert_eq!(timetable.newest(DateTime::<Utc>::MIN_UTC, now, 5).len(), 5);
        }
    }
}
