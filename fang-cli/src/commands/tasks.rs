//! `fang tasks`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::table::{Table, shortened};
use crate::view::{Listed, at};
use crate::words::{STATES, one_of};
use clap::Args;
use fang_core::store::Filter;
use fang_core::{FangTaskState, Task};
use uuid::Uuid;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only tasks in this state.
    #[arg(long, value_parser = one_of(STATES))]
    state: Option<FangTaskState>,
    /// Only tasks of this task type.
    #[arg(long, value_name = "NAME")]
    task_type: Option<String>,
    /// Only tasks with this tag.
    #[arg(long)]
    tag: Option<String>,
    /// At most this many tasks.
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Only tasks older than this one: the last of a page, for the next page.
    #[arg(long, value_name = "ID")]
    before: Option<Uuid>,
}

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    let Arguments { state, task_type, tag, limit, before } = arguments;
    let tasks = database.admin.list(&Filter { state, task_type, tag, limit, before }).await?;
    Answer::new(tasks.iter().map(Listed::of).collect::<Vec<_>>(), table(&tasks).to_string())
}

fn table(tasks: &[Task]) -> Table<7> {
    let mut table = Table::new(["ID", "KIND", "TASK TYPE", "STATE", "DUE AT", "RETRIES", "ERROR"]);
    for task in tasks {
        table.row([
            task.id.to_string(),
            task.kind().unwrap_or("?").to_owned(),
            task.task_type.clone(),
            task.state.as_str().to_owned(),
            at(task.scheduled_at),
            task.retries.to_string(),
            shortened(task.error_message.as_deref().unwrap_or_default()),
        ]);
    }
    table
}
