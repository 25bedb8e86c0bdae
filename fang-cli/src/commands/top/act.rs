//! What keys change in the database.

use super::shown::Shown;
use crate::failure::Failure;
use fang_asynk::Admin;
use fang_core::operator::Steer;
use fang_core::store::{Change, WorkerId};

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Task(Shown, Change),
    PauseType(String),
    ResumeType(String),
    QuietWorker(WorkerId),
    ResumeWorker(WorkerId),
    StopWorker(WorkerId),
    PauseCron(String),
    ResumeCron(String),
    RunCron(String),
}

impl Act {
    /// The question before it is done.
    pub(super) fn question(&self) -> String {
        match self {
            Self::Task(task, _) => format!("{} ({})?", self.what(), task.description()),
            _ => format!("{}?", self.what()),
        }
    }

    /// What is done, as an order.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Task(task, change) => format!("{} the task {}", Steer::new(*change).verb, task.id),
            Self::PauseType(name) => format!("pause the task type {name}"),
            Self::ResumeType(name) => format!("resume the task type {name}"),
            Self::QuietWorker(id) => format!("ask the worker {id} to become quiet"),
            Self::ResumeWorker(id) => format!("ask the worker {id} to resume"),
            Self::StopWorker(id) => format!("ask the worker {id} to stop"),
            Self::PauseCron(name) => format!("pause the cron {name}, and remove its waiting task"),
            Self::ResumeCron(name) => format!("resume the cron {name}"),
            Self::RunCron(name) => format!("insert a task of the cron {name} now"),
        }
    }

    /// Does it. Returns what came of it, in the words of the commands.
    pub(super) async fn perform(&self, admin: &Admin) -> Result<String, Failure> {
        match self {
            Self::Task(task, change) => change_task(admin, task, *change).await,
            Self::PauseType(name) => Ok(paused(name, admin.pause(name).await?)),
            Self::ResumeType(name) => Ok(resumed(name, admin.resume(name).await?)),
            Self::QuietWorker(id) => asked(*id, "become quiet", admin.quiet_worker(*id).await?),
            Self::ResumeWorker(id) => asked(*id, "resume", admin.resume_worker(*id).await?),
            Self::StopWorker(id) => asked(*id, "stop", admin.stop_worker(*id).await?),
            Self::PauseCron(name) => Ok(paused(name, admin.pause_cron(name).await?)),
            Self::ResumeCron(name) => Ok(resumed(name, admin.resume_cron(name).await?)),
            Self::RunCron(name) => {
                let id = admin.run_cron(name).await?;
                let id = id.ok_or_else(|| Failure::new(format!("there is no cron {name} any more")))?;
                Ok(format!("inserted {id}"))
            }
        }
    }
}

/// Changes it if it still is what was asked about.
async fn change_task(admin: &Admin, shown: &Shown, change: Change) -> Result<String, Failure> {
    let (id, steer) = (shown.id, Steer::new(change));
    match admin.find(id).await? {
        None => return Err(Failure::new(format!("{id} is gone; nothing was changed"))),
        Some(task) if !shown.is(&task) => {
            let state = task.state.as_str();
            let text =
                format!("{id} has changed since it was shown, and is {state} now; nothing was changed");
            return Err(Failure::new(text));
        }
        Some(_) => {}
    }
    match admin.change_one(id, change).await? {
        true => Ok(format!("{} {id}", steer.done)),
        false => Err(Failure::new(format!("{id} just changed, or does not suit: {}", steer.rule))),
    }
}

fn paused(name: &str, is_changed: bool) -> String {
    format!("{name}: {}", if is_changed { "paused" } else { "was paused already" })
}

fn resumed(name: &str, is_changed: bool) -> String {
    format!("{name}: {}", if is_changed { "resumed" } else { "was not paused" })
}

fn asked(id: WorkerId, what: &str, is_asked: bool) -> Result<String, Failure> {
    match is_asked {
        true => Ok(format!("{id}: asked to {what}")),
        false => Err(Failure::new(format!("no living worker has the id {id}"))),
    }
}
