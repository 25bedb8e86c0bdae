use chrono::{DateTime, Utc};
use fang_core::new_task::Plan;
use fang_core::schedule::Timetable;
use fang_core::{Cron, NewTask, ScheduleError};

/// What has ticks: a [`Cron`], a pattern in UTC, or a task that says when it runs.
pub trait Ticks {
    /// The cron.
    ///
    /// # Errors
    /// [`ScheduleError::Missing`] when a task has no cron.
    fn cron(self) -> Result<Cron, ScheduleError>;
}

impl Ticks for Cron {
    fn cron(self) -> Result<Cron, ScheduleError> {
        Ok(self)
    }
}

impl Ticks for &str {
    fn cron(self) -> Result<Cron, ScheduleError> {
        Ok(Cron::new(self))
    }
}

impl Ticks for NewTask {
    fn cron(self) -> Result<Cron, ScheduleError> {
        match Plan::new(self)? {
            Plan::Cron { cron, .. } => Ok(cron),
            Plan::Once(_) => Err(ScheduleError::Missing),
        }
    }
}

/// Returns the next `count` ticks of a cron after an instant.
///
/// ```
/// use fang_core::Cron;
/// use fang_testing::next_ticks;
/// let friday = "2026-03-27T12:00:00Z".parse()?;
/// let ticks = next_ticks(Cron::new("0 9 * * 1-5").time_zone("Europe/Berlin"), 2, friday);
/// // The clocks of Berlin are put forward in between.
/// assert_eq!(ticks.iter().map(|tick| tick.to_rfc3339()).collect::<Vec<_>>(), [
///     "2026-03-30T07:00:00+00:00",
///     "2026-03-31T07:00:00+00:00",
/// ]);
/// # Ok::<(), chrono::ParseError>(())
/// ```
///
/// An interval of [`Cron::every`] is counted from that instant.
///
/// # Panics
/// Panics if a task has no cron, if the pattern or time zone is not valid, or if there are fewer ticks.
#[track_caller]
pub fn next_ticks(cron: impl Ticks, count: usize, after: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    match ticks(cron, count, after) {
        Ok(ticks) => ticks,
        Err(error) => panic!("the ticks cannot be told: {error}"),
    }
}

fn ticks(cron: impl Ticks, count: usize, after: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>, ScheduleError> {
    let timetable = Timetable::read(&cron.cron()?)?;
    let mut last = after;
    let mut next = || {
        last = timetable.next_after(after, last)?;
        Ok(last)
    };
    (0..count).map(|_| next()).collect()
}
