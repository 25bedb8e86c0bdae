//! The last events of tasks, made of how they ended.

use super::{Event, TaskInfo};
use crate::policy::decide::Ending;
use crate::state::Job;
use fang_core::store::RescuedTask;
use std::sync::Arc;
use std::time::Duration;

/// Of a task that was taken back.
pub(super) fn of_rescue(rescued: RescuedTask) -> Event {
    let (task, is_cancelled) = (Arc::new(TaskInfo::rescued(&rescued)), rescued.is_cancelled());
    match rescued.error {
        Some(reason) if is_cancelled => {
            Event::Cancelled { task, duration: Duration::ZERO, reason: reason.into() }
        }
        Some(error) => Event::Failed { task, duration: Duration::ZERO, error: error.into() },
        None => Event::Rescued { task },
    }
}

/// Of a run that has ended.
pub(super) fn of_run(job: &Job, ending: &Ending) -> Event {
    let (task, duration): (_, Duration) = (job.info(), job.took());
    match ending {
        Ending::Succeeded => Event::Finished { task, duration },
        Ending::Retried { delay, error } => {
            Event::Retried { task, duration, delay: *delay, error: error.as_str().into() }
        }
        Ending::Failed { error } => Event::Failed { task, duration, error: error.as_str().into() },
        Ending::Cancelled { error } => Event::Cancelled { task, duration, reason: error.as_str().into() },
        Ending::Expired { error } => Event::Expired { task, error: error.as_str().into() },
        Ending::Snoozed { delay } => Event::Snoozed { task, duration, delay: *delay },
        Ending::LeftToOthers { delay, error } => {
            Event::UnknownKind { task, delay: *delay, error: error.as_str().into() }
        }
        Ending::HandedBack => Event::HandedBack { task },
    }
}
