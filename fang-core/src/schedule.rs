//! Schedules: once at an instant, or again and again by a cron.

mod civil;
mod cron;
mod every;
mod pattern;
mod timetable;

pub use cron::{Cron, Missed};
pub use pattern::CronPattern;
pub use timetable::Timetable;

use chrono::{DateTime, Utc};

/// When a task runs. Returned by [`AsyncRunnable::cron`](crate::AsyncRunnable::cron) and
/// [`Runnable::cron`](crate::Runnable::cron).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheduled {
    /// Again and again, by a pattern in UTC. See [`CronPattern`] for its forms.
    CronPattern(String),
    /// Once, at this instant or later.
    ScheduleOnce(DateTime<Utc>),
    /// Again and again, with options: a time zone, an interval, a policy for missed ticks.
    Cron(Cron),
}

impl From<Cron> for Scheduled {
    fn from(cron: Cron) -> Self {
        Self::Cron(cron)
    }
}
