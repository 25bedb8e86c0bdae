//! The usual task.

use crate::options::Runtime;
use fang::{
    AsyncQueueable, AsyncRunnable, FangError, NewTask, PayloadError, Queueable, Runnable, async_trait,
    typetag,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// A task that takes a given time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Work {
    /// How long, in milliseconds.
    pub millis: u64,
    /// How it spends this time.
    pub manner: Manner,
}

/// How a task spends its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Manner {
    /// Waits, as fits its mode: an async task yields its thread to others.
    Wait,
    /// Blocks its thread, in either mode.
    Block,
    /// Aborts the process when the time is over.
    Abort,
}

impl Work {
    /// A new task with an id.
    ///
    /// # Errors
    /// When it cannot be serialized, which does not happen.
    pub fn task(self, runtime: Runtime) -> Result<NewTask, PayloadError> {
        let task = match runtime {
            Runtime::Asynk => NewTask::asynk(&self)?,
            Runtime::Blocking => NewTask::blocking(&self)?,
        };
        Ok(task.with_id(Uuid::now_v7()))
    }

    fn time(self) -> Duration {
        Duration::from_millis(self.millis)
    }

    fn block(self) {
        if self.millis > 0 {
            std::thread::sleep(self.time());
        }
        if self.manner == Manner::Abort {
            std::process::abort();
        }
    }
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Work {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        match self.manner {
            Manner::Wait if self.millis > 0 => tokio::time::sleep(self.time()).await,
            Manner::Wait => {}
            Manner::Block | Manner::Abort => self.block(),
        }
        Ok(())
    }
}

#[typetag::serde]
impl Runnable for Work {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        self.block();
        Ok(())
    }
}
