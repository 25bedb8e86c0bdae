use super::NewTask;
use crate::error::ScheduleError;
use crate::schedule::{Cron, Scheduled};

/// What `schedule_task` has to do for a task.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Insert it, due at its instant.
    Once(NewTask),
    /// Keep its cron.
    Cron {
        /// What each tick inserts.
        task: NewTask,
        /// When it ticks.
        cron: Cron,
    },
}

impl Plan {
    /// By the schedule that the task names.
    ///
    /// # Errors
    /// [`ScheduleError::Missing`] when it names none.
    pub fn new(task: NewTask, schedule: Option<Scheduled>) -> Result<Self, ScheduleError> {
        match schedule {
            None => Err(ScheduleError::Missing),
            Some(Scheduled::ScheduleOnce(at)) => Ok(Self::Once(task.at(at))),
            Some(Scheduled::CronPattern(pattern)) => Ok(Self::Cron { task, cron: Cron::new(pattern) }),
            Some(Scheduled::Cron(cron)) => Ok(Self::Cron { task, cron }),
        }
    }
}
