//! `fang tasks`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::filter::Which;
use crate::repeat;
use crate::table::{Table, shortened};
use crate::view::{Listed, at};
use clap::Args;
use fang_asynk::Admin;
use fang_core::store::{Cursor, Filter, Matching, PageRequest};
use fang_core::{QueueError, Task};
use serde_json::json;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// At most this many tasks.
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Go on from here: the cursor that the page before has told.
    #[arg(long, value_name = "CURSOR")]
    after: Option<Cursor>,
}

/// The tasks that were found, and where the next page begins.
pub(super) struct Found {
    pub(super) tasks: Vec<Task>,
    looked: u64,
    pub(super) next: Option<Cursor>,
}

pub(crate) async fn run(database: &Database, arguments: &Arguments) -> Result<Answer, Failure> {
    let filter = Filter { limit: arguments.limit, ..arguments.which.filter() };
    let Found { tasks, looked, next } = find(&database.admin, &filter, arguments.after).await?;
    let listed: Vec<_> = tasks.iter().map(Listed::of).collect();
    let mut plain = table(&tasks).to_string();
    if let Some(next) = next {
        plain = plain.trim_end().to_owned();
        let tasks = if looked == 1 { "task" } else { "tasks" };
        plain += &format!("\n\nlooked at {looked} {tasks}; for the next ones: {}", repeat::after(next));
    }
    Answer::new(json!({ "tasks": listed, "looked": looked, "next": next }), plain)
}

/// Looks on while nothing matches enough, at some 100,000 tasks at most.
pub(super) async fn find(admin: &Admin, filter: &Filter, after: Option<Cursor>) -> Result<Found, QueueError> {
    let mut request = PageRequest { after, ..PageRequest::new(filter) };
    let mut found = Found { tasks: Vec::new(), looked: 0, next: None };
    loop {
        request.limit = filter.limit - found.tasks.len() as u32;
        let page = admin.page(&request).await?;
        found.tasks.extend(page.tasks);
        found.looked += page.looked;
        found.next = page.next;
        request.after = page.next;
        let is_over = found.tasks.len() >= filter.limit as usize || found.looked >= Matching::MAX_LOOKED;
        if is_over || page.next.is_none() {
            return Ok(found);
        }
    }
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
