//! When a task runs: once at an instant, or again and again by a cron.

mod civil;
mod cron;
mod every;
mod pattern;
mod timetable;

pub use cron::{Cron, Missed};
pub use pattern::CronPattern;
pub use timetable::Timetable;

use chrono::{DateTime, Utc};

/// When a task runs. What [`AsyncRunnable::cron`](crate::AsyncRunnable::cron) and
/// [`Runnable::cron`](crate::Runnable::cron) return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheduled {
    /// Again and again, in UTC. See [`CronPattern`] for what the pattern may be.
    CronPattern(String),
    /// Once, not before this instant.
    ScheduleOnce(DateTime<Utc>),
    /// Again and again: in a time zone, at an interval, or with a say about missed ticks.
    Cron(Cron),
}

impl From<Cron> for Scheduled {
    fn from(cron: Cron) -> Self {
        Self::Cron(cron)
    }
}
