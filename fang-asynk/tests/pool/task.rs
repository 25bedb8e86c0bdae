//! The task of the scenarios: it tells that it started, and then does as it is told.

use fang_core::{AsyncQueueable, AsyncRunnable, FangError, Scheduled, async_trait, typetag};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub name: String,
    pub id: Uuid,
    pub attempt: u32,
    pub lease: i32,
    pub task_type: String,
    /// How long it may still run.
    pub left: Option<Duration>,
}

#[derive(Clone)]
pub struct Reports(pub mpsc::UnboundedSender<Report>);

/// What [`How::Wait`] waits for: one permit each.
#[derive(Clone)]
pub struct Gate(pub Arc<Semaphore>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum How {
    Succeed,
    /// Fails on every attempt before this one.
    FailBefore(u32),
    Panic,
    /// Panics with a payload that panics again when it is dropped, which nothing can catch.
    KillTheWorker,
    Wait,
    WaitForShutdown,
    FailWhenCancelled,
    SnoozeOnce,
    Cancel,
    Insert(String),
}

#[derive(Serialize, Deserialize)]
pub struct Act {
    pub name: String,
    pub how: How,
    pub retries: i32,
    pub cron: Option<String>,
    pub timeout: Option<Duration>,
}

impl Act {
    pub fn new(name: &str, how: How) -> Self {
        Self { name: name.to_owned(), how, retries: 3, cron: None, timeout: None }
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("and again");
    }
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Act {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        let context = queue.context().clone();
        let report = Report {
            name: self.name.clone(),
            id: context.id(),
            attempt: context.attempt(),
            lease: context.lease(),
            task_type: context.task_type().to_owned(),
            left: context.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now())),
        };
        context.state::<Reports>().unwrap().0.send(report).unwrap();
        match &self.how {
            How::Succeed => {}
            How::FailBefore(attempt) if context.attempt() < *attempt => {
                return Err(FangError { description: format!("attempt {} fails", context.attempt()) });
            }
            How::FailBefore(_) => {}
            How::Panic => panic!("as it was told"),
            How::KillTheWorker => std::panic::panic_any(Bomb),
            How::Wait => context.state::<Gate>().unwrap().0.acquire().await.unwrap().forget(),
            How::WaitForShutdown => {
                while !context.is_cancelled() {
                    tokio::task::yield_now().await;
                }
            }
            How::FailWhenCancelled => {
                context.cancelled().await;
                return Err(FangError::new("half done"));
            }
            How::SnoozeOnce if context.lease() == 1 => context.snooze(Duration::from_millis(1)),
            How::SnoozeOnce => {}
            How::Cancel => context.cancel("no longer wanted"),
            How::Insert(name) => {
                queue.insert_task(&Act::new(name, How::Succeed)).await?;
            }
        }
        Ok(())
    }

    fn max_retries(&self) -> i32 {
        self.retries
    }

    fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    fn backoff(&self, _attempt: u32) -> u32 {
        0
    }

    fn cron(&self) -> Option<Scheduled> {
        self.cron.clone().map(Scheduled::CronPattern)
    }
}

/// Waits in a lane of its own.
#[derive(Serialize, Deserialize)]
pub struct Elsewhere;

#[async_trait]
#[typetag::serde]
impl AsyncRunnable for Elsewhere {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Ok(())
    }

    fn task_type(&self) -> String {
        "elsewhere".to_owned()
    }
}
