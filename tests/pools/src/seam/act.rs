//! `Act`, the task of most scenarios: it reports its start to the test, and then acts as `How` says.

use super::{Mode, Run, both, idle};
use fang_core::{Backoff, FangError, Scheduled};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum How {
    Succeed,
    /// Fails on every attempt before this one.
    FailBefore(u32),
    /// Fails with an error whose log line makes the [logger](crate::seam::UNLOGGABLE) panic.
    FailUnloggably,
    Panic,
    /// Panics with a payload that panics again when it is dropped, which the executor cannot catch.
    KillTheWorker,
    Wait,
    WaitForShutdown,
    FailWhenCancelled,
    SnoozeOnce,
    SnoozeFor(Duration),
    /// Asks to run again in so long, and fails.
    SnoozeAndFail(Duration),
    Cancel,
    /// Cancels itself, and fails.
    CancelAndFail,
    Insert(String),
}

#[derive(Serialize, Deserialize)]
pub struct Act {
    pub name: String,
    pub how: How,
    pub retries: i32,
    pub backoff: Duration,
    pub cron: Option<String>,
    pub timeout: Option<Duration>,
    pub keep: Option<Duration>,
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("and again");
    }
}

impl Act {
    pub fn new(name: &str, how: How) -> Self {
        Self {
            name: name.to_owned(),
            how,
            retries: 3,
            backoff: Duration::ZERO,
            cron: None,
            timeout: None,
            keep: None,
        }
    }

    /// Makes a cron with the shortest period.
    pub fn every_second(how: How) -> Self {
        Self { cron: Some("* * * * * * *".to_owned()), retries: 1, ..Self::new("tick", how) }
    }

    async fn does(&self, run: Run<'_>) -> Result<(), FangError> {
        let (context, stage) = (run.context(), run.stage());
        let _under_way = stage.tell(&self.name, context);
        match &self.how {
            How::Succeed => {}
            How::FailBefore(attempt) if context.attempt() < *attempt => {
                return Err(FangError { description: format!("attempt {} fails", context.attempt()) });
            }
            How::FailBefore(_) => {}
            How::FailUnloggably => return Err(FangError::new(super::UNLOGGABLE)),
            How::Panic => panic!("as it was told"),
            How::KillTheWorker => std::panic::panic_any(Bomb),
            How::Wait => stage.pass().await,
            How::WaitForShutdown => run.looks_until_cancelled().await,
            How::FailWhenCancelled => {
                match run.mode() {
                    Mode::Asynk => context.cancelled().await,
                    Mode::Blocking => run.looks_until_cancelled().await,
                }
                return Err(FangError::new("half done"));
            }
            How::SnoozeOnce if context.lease() == 1 => context.snooze(Duration::from_millis(1)),
            How::SnoozeOnce => {}
            How::SnoozeFor(time) => context.snooze(*time),
            How::SnoozeAndFail(time) => {
                context.snooze(*time);
                return Err(FangError::new("half done"));
            }
            How::Cancel => context.cancel("no longer wanted"),
            How::CancelAndFail => {
                context.cancel("no longer wanted");
                return Err(FangError::new("half done"));
            }
            How::Insert(name) => {
                run.insert_task(&Self::new(name, How::Succeed)).await?;
            }
        }
        Ok(())
    }
}

both! {
    Act;

    fn max_retries(&self) -> i32 {
        self.retries
    }
    fn timeout(&self) -> Option<Duration> {
        self.timeout
    }
    fn keep(&self) -> Option<Duration> {
        self.keep
    }
    fn backoff_policy(&self) -> Option<Backoff> {
        Some(Backoff::constant(self.backoff))
    }
    fn cron(&self) -> Option<Scheduled> {
        self.cron.clone().map(Scheduled::CronPattern)
    }
}

/// A task with another task type.
#[derive(Serialize, Deserialize)]
pub struct Elsewhere;

idle! {
    Elsewhere;

    fn task_type(&self) -> String {
        "elsewhere".to_owned()
    }
}
