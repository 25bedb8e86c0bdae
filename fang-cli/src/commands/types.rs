//! `fang types`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::rate;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// Pause a task type: no process claims its tasks until it is resumed.
    Pause {
        /// The task type.
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        task_type: String,
    },
    /// Resume a paused task type.
    Resume {
        /// The task type.
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        task_type: String,
    },
}

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    match arguments.action {
        None => list(database).await,
        Some(Action::Pause { task_type }) => {
            let changed = database.admin.pause(&task_type).await?;
            told(&task_type, true, changed, if changed { "paused" } else { "was paused already" })
        }
        Some(Action::Resume { task_type }) => {
            let changed = database.admin.resume(&task_type).await?;
            told(&task_type, false, changed, if changed { "resumed" } else { "was not paused" })
        }
    }
}

fn told(task_type: &str, is_paused: bool, is_changed: bool, word: &str) -> Result<Answer, Failure> {
    let fields = json!({ "task_type": task_type, "is_paused": is_paused, "is_changed": is_changed });
    Answer::new(fields, format!("{task_type}: {word}"))
}

async fn list(database: &Database) -> Result<Answer, Failure> {
    let types = database.admin.task_types().await?;
    Answer::new(types.iter().map(rate::fields).collect::<Vec<_>>(), rate::table(&types).to_string())
}
