//! The options of a task to insert, or of the tasks of a cron.

use crate::failure::Failure;
use crate::words::one_of;
use clap::Args;
use fang_core::operator::span;
use fang_core::operator::{MODES, PRIORITIES};
use fang_core::{Mode, NewTask, Priority};
use serde_json::value::RawValue;
use std::time::Duration;

/// The options of a task. The code of the task is not known here, so none of them follows it.
#[derive(Args, PartialEq, Default)]
pub(crate) struct TaskOptions {
    /// The task type. Defaults to common: the code of the task is not known here, so this does not follow it.
    #[arg(long, value_name = "NAME")]
    task_type: Option<String>,
    /// The workers that may run it. Defaults to async, and does not follow the code of the task either.
    #[arg(long, value_parser = one_of(MODES))]
    mode: Option<Mode>,
    /// How urgent it is among the tasks of its type. Defaults to normal.
    #[arg(long, value_parser = one_of(PRIORITIES))]
    priority: Option<Priority>,
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

impl TaskOptions {
    /// The task with the options that are given.
    pub(crate) fn apply(&self, task: NewTask) -> NewTask {
        let mut task = task.tags(&self.tags);
        if let Some(task_type) = &self.task_type {
            task = task.task_type(task_type);
        }
        if let Some(mode) = self.mode {
            task = task.mode(mode);
        }
        if let Some(priority) = self.priority {
            task = task.priority(priority);
        }
        if let Some(retries) = self.max_retries {
            task = task.max_retries(retries);
        }
        if let Some(expires) = self.expires {
            task = task.expires(expires);
        }
        match self.keep {
            Some(keep) => task.keep(keep),
            None => task,
        }
    }
}

/// The fields of a payload, kept as they are written: numbers lose no digits. `-` reads the standard input.
pub(crate) fn fields(payload: &str) -> Result<Box<RawValue>, Failure> {
    let text = match payload {
        "-" => std::io::read_to_string(std::io::stdin())
            .map_err(|error| Failure::new(format!("the standard input cannot be read: {error}")))?,
        json => json.to_owned(),
    };
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(format!(r#"the payload is not JSON ({error}); write an object, such as '{{"user":7}}'"#))
    })
}
