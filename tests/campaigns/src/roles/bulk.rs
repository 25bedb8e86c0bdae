//! A task with a payload of megabytes.

use fang::{
    AsyncQueueable, AsyncRunnable, FangError, Mode, NewTask, Queueable, Runnable, async_trait, typetag,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// A long text, with the length that it must have.
#[derive(Serialize, Deserialize)]
struct Bulk {
    length: usize,
    text: String,
}

impl Bulk {
    fn check(&self) -> Result<(), FangError> {
        if self.text.len() == self.length {
            return Ok(());
        }
        Err(FangError::new(format!("{} characters of {} arrived", self.text.len(), self.length)))
    }
}

/// A task with this many bytes of JSON, due after this time.
///
/// The JSON is formatted by hand, since serializing it would take longer than the rest.
pub fn task(bytes: usize, mode: Mode, after: Duration) -> NewTask {
    let shell = |length: usize, text: &str| format!(r#"{{"type":"Bulk","length":{length},"text":"{text}"}}"#);
    let mut length = bytes;
    while shell(length, "").len() + length > bytes {
        length -= 1;
    }
    let task = NewTask::new(shell(length, &noise(length)), "common".to_owned(), mode);
    task.with_id(Uuid::now_v7()).delay(after)
}

/// Letters that compress badly.
fn noise(length: usize) -> String {
    const BLOCK: usize = 1024 * 1024;
    let block: String = std::iter::repeat_with(fastrand::alphanumeric).take(length.min(BLOCK)).collect();
    let mut text = block.repeat(length / BLOCK.min(length.max(1)) + 1);
    text.truncate(length);
    text
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Bulk {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        self.check()
    }
}

#[typetag::serde]
impl Runnable for Bulk {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        self.check()
    }
}
