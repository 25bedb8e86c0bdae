//! `fang insert`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::task_options::{TaskOptions, fields};
use chrono::{DateTime, Utc};
use clap::Args;
use fang_core::operator::span;
use fang_core::{AsyncQueueable, NewTask, Unique};
use serde_json::json;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The kind: the name of the function or struct.
    kind: String,
    /// The arguments of the function or the fields of the struct, as a JSON object; `-` reads them from the standard
    /// input.
    #[arg(value_name = "JSON")]
    payload: String,
    #[command(flatten)]
    options: TaskOptions,
    /// Make it due this much later, such as 90s, 5m or 1d.
    #[arg(long, value_parser = span::parse, value_name = "SPAN", conflicts_with = "at")]
    delay: Option<Duration>,
    /// Make it due at this instant, such as 2027-01-31T09:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    at: Option<DateTime<Utc>>,
    /// Insert nothing while a task with this key waits or runs.
    #[arg(long, value_name = "KEY")]
    unique_key: Option<String>,
}

/// Makes the task, without a database.
pub(crate) fn task(arguments: &Arguments) -> Result<NewTask, Failure> {
    let task = NewTask::of_kind(&arguments.kind, fields(&arguments.payload)?);
    let mut task = arguments.options.apply(task);
    if let Some(delay) = arguments.delay {
        task = task.delay(delay);
    }
    if let Some(at) = arguments.at {
        task = task.at(at);
    }
    if let Some(key) = &arguments.unique_key {
        task = task.unique_by(Unique::key(key));
    }
    Ok(task)
}

pub(crate) async fn run(database: &Database, task: NewTask) -> Result<Answer, Failure> {
    let inserted = database.handle.insert_tasks(vec![task]).await?;
    let inserted = inserted.first().ok_or_else(|| Failure::new("the database gave no answer; try again"))?;
    let id = inserted.id;
    let plain = match inserted.is_new {
        true => format!("inserted {id}"),
        false => format!("nothing inserted: {id} is a duplicate that waits or runs"),
    };
    Answer::new(json!({ "id": id, "is_new": inserted.is_new }), plain)
}
