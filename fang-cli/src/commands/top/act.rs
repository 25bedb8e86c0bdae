//! What keys change in the database.

use crate::failure::Failure;
use fang_asynk::Admin;
use fang_core::operator::Steer;
use fang_core::store::{Change, WorkerId};
use uuid::Uuid;

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Task(Uuid, Change),
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
            Self::Task(id, change) => format!("{} the task {id}?", Steer::new(*change).verb),
            Self::PauseType(name) => format!("pause the task type {name}?"),
            Self::ResumeType(name) => format!("resume the task type {name}?"),
            Self::QuietWorker(id) => format!("ask the worker {id} to become quiet?"),
            Self::ResumeWorker(id) => format!("ask the worker {id} to resume?"),
            Self::StopWorker(id) => format!("ask the worker {id} to stop?"),
            Self::PauseCron(name) => format!("pause the cron {name}, and remove its waiting task?"),
            Self::ResumeCron(name) => format!("resume the cron {name}?"),
            Self::RunCron(name) => format!("insert a task of the cron {name} now?"),
        }
    }

    /// Does it. Returns what came of it, in the words of the commands.
    pub(super) async fn perform(&self, admin: &Admin) -> Result<String, Failure> {
        match self {
            Self::Task(id, change) => {
                let steer = Steer::new(*change);
                match admin.change_one(*id, *change).await? {
                    true => Ok(format!("{} {id}", steer.done)),
                    false => {
                        Err(Failure::new(format!("{id} just changed, or does not suit: {}", steer.rule)))
                    }
                }
            }
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
