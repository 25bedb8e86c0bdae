//! `fang insert`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::span;
use crate::words::{MODES, PRIORITIES, one_of};
use chrono::{DateTime, Utc};
use clap::Args;
use fang_core::{AsyncQueueable, Mode, NewTask, Priority, Unique};
use serde_json::json;
use serde_json::value::RawValue;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The kind: the name of the function or struct.
    kind: String,
    /// The arguments of the function or the fields of the struct, as a JSON object; `-` reads them from the standard
    /// input.
    #[arg(value_name = "JSON")]
    payload: String,
    /// The task type. The code of the task is not known here, so this does not follow it.
    #[arg(long, value_name = "NAME", default_value = "common")]
    task_type: String,
    /// The workers that may run it. Does not follow the code of the task either.
    #[arg(long, value_parser = one_of(MODES), default_value = "async")]
    mode: Mode,
    /// Make it due this much later, such as 90s, 5m or 1d.
    #[arg(long, value_parser = span::parse, value_name = "SPAN", conflicts_with = "at")]
    delay: Option<Duration>,
    /// Make it due at this instant, such as 2027-01-31T09:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    at: Option<DateTime<Utc>>,
    /// How urgent it is among the tasks of its type.
    #[arg(long, value_parser = one_of(PRIORITIES), default_value = "normal")]
    priority: Priority,
    /// Insert nothing while a task with this key waits or runs.
    #[arg(long, value_name = "KEY")]
    unique_key: Option<String>,
    /// A tag. May be given several times.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// How many times it runs again after failures. Defaults to what its code says.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i32).range(0..))]
    max_retries: Option<i32>,
    /// Discard it if it was not begun this long after it became due.
    #[arg(long, value_parser = span::parse, value_name = "SPAN")]
    expires: Option<Duration>,
    /// Keep its row this long after it has ended.
    #[arg(long, value_parser = span::parse, value_name = "SPAN")]
    keep: Option<Duration>,
}

/// Makes the task, without a database.
pub(crate) fn task(arguments: &Arguments) -> Result<NewTask, Failure> {
    let text = match arguments.payload.as_str() {
        "-" => std::io::read_to_string(std::io::stdin())
            .map_err(|error| Failure::new(format!("the standard input cannot be read: {error}")))?,
        json => json.to_owned(),
    };
    // Kept as it is written: numbers lose no digits.
    let fields: Box<RawValue> = serde_json::from_str(&text).map_err(|error| {
        Failure::new(format!(r#"the payload is not JSON ({error}); write an object, such as '{{"user":7}}'"#))
    })?;
    let task = NewTask::of_kind(&arguments.kind, fields).task_type(&arguments.task_type).mode(arguments.mode);
    let mut task = task.priority(arguments.priority).tags(&arguments.tags);
    if let Some(delay) = arguments.delay {
        task = task.delay(delay);
    }
    if let Some(at) = arguments.at {
        task = task.at(at);
    }
    if let Some(key) = &arguments.unique_key {
        task = task.unique_by(Unique::key(key));
    }
    if let Some(retries) = arguments.max_retries {
        task = task.max_retries(retries);
    }
    if let Some(expires) = arguments.expires {
        task = task.expires(expires);
    }
    Ok(match arguments.keep {
        Some(keep) => task.keep(keep),
        None => task,
    })
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
