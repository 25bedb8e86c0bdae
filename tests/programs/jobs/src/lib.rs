//! Tasks in a crate of their own, which depends on fang alone.

use fang::{Run, State};
use std::sync::mpsc::Sender;

/// An async task, and the task after it.
#[fang::task(task_type = "jobs", timeout = "30s", backoff = "exponential(1s, jitter)", unique(fields(user)))]
pub async fn welcome(user: i64, run: &Run, told: State<Sender<String>>) -> Result<(), fang::QueueError> {
    let _ = told.send(format!("welcome {user}"));
    run.insert(resize(format!("{user}.png"))).await?;
    Ok(())
}

/// A blocking task.
#[fang::task(task_type = "jobs")]
pub fn resize(picture: String, told: State<Sender<String>>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    told.send(format!("resize {picture}"))?;
    Ok(())
}
