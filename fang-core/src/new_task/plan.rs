use super::NewTask;
use crate::error::ScheduleError;
use crate::schedule::{Cron, Scheduled};

/// The work of `schedule_task`, by the schedule of the task.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Insert the task, due at its instant.
    Once(NewTask),
    /// Save the cron.
    Cron {
        /// The task that each tick inserts.
        task: NewTask,
        /// When it ticks.
        cron: Cron,
    },
}

impl Plan {
    /// Reads the schedule of a task.
    ///
    /// # Errors
    /// [`ScheduleError::Missing`] when the task has no schedule.
    pub fn new(mut task: NewTask) -> Result<Self, ScheduleError> {
        match task.cron.take().map(|schedule| *schedule) {
            None => Err(ScheduleError::Missing),
            Some(Scheduled::ScheduleOnce(at)) => Ok(Self::Once(task.at(at))),
            Some(Scheduled::CronPattern(pattern)) => Ok(Self::Cron { task, cron: Cron::new(pattern) }),
            Some(Scheduled::Cron(cron)) => Ok(Self::Cron { task, cron }),
        }
    }
}

impl NewTask {
    /// Sets when `schedule` runs the task, in place of what its struct says: once, or again and again. See
    /// [`Cron`]. An insert ignores it.
    pub fn cron(mut self, schedule: impl Into<Scheduled>) -> Self {
        self.cron = Some(Box::new(schedule.into()));
        self
    }
}
