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

/// When `schedule_task` runs a task: once, or again and again.
/// [`AsyncRunnable::cron`](crate::AsyncRunnable::cron) and [`Runnable::cron`](crate::Runnable::cron) return
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheduled {
    /// Again and again, by a pattern in UTC. The same as [`Cron::new`], which describes the patterns.
    CronPattern(String),
    /// Once. The task becomes due at this instant, or at once if it is past.
    ScheduleOnce(DateTime<Utc>),
    /// Again and again, by a pattern or at an interval, with a time zone and a policy for missed ticks.
    Cron(Cron),
}

impl From<Cron> for Scheduled {
    fn from(cron: Cron) -> Self {
        Self::Cron(cron)
    }
}
