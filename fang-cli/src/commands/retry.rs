//! `fang retry`

use crate::answer::Answer;
use crate::by_id::{Change, change};
use crate::connect::Database;
use crate::failure::Failure;
use clap::Args;
use fang_core::FangTaskState;
use fang_core::store::{Capped, FailedTasks, Filter};
use serde_json::json;
use std::io::{BufRead, IsTerminal, Write};
use uuid::Uuid;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The ids of the tasks.
    #[arg(required_unless_present = "failed", conflicts_with = "failed", value_name = "ID")]
    ids: Vec<Uuid>,
    /// All failed tasks.
    #[arg(long)]
    failed: bool,
    /// Only the failed tasks of this kind.
    #[arg(long, requires = "failed")]
    kind: Option<String>,
    /// Only the failed tasks of this task type.
    #[arg(long, requires = "failed", value_name = "NAME")]
    task_type: Option<String>,
    /// Do not ask, and do not count before.
    #[arg(long, requires = "failed")]
    yes: bool,
}

const RETRY: Change = Change {
    done: "retried",
    suits: |state| state == FangTaskState::Failed || state.is_waiting(),
    rule: "only a task that failed or waits can be retried, and not while a duplicate of it waits or runs",
};

/// How many tasks a page of the count has.
const PAGE: u32 = 200;

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    if !arguments.failed {
        return change(database, arguments.ids, &RETRY, async |id| database.admin.retry(id).await).await;
    }
    let which = FailedTasks { task_type: arguments.task_type, kind: arguments.kind };
    let confirmed = arguments.yes || ask(&count(database, &which).await?)?;
    let retried = if confirmed { database.admin.retry_failed(&which).await? } else { 0 };
    Answer::new(json!({ "retried": retried }), format!("failed tasks that were retried: {retried}"))
}

/// How many failed tasks there are, as text. Those of a kind are counted among the newest 10,000 failed ones.
async fn count(database: &Database, which: &FailedTasks) -> Result<String, Failure> {
    let Some(kind) = which.kind.as_deref() else {
        let counts = database.admin.count().await?;
        let failed = counts.iter().filter(|count| count.state == FangTaskState::Failed);
        let failed =
            failed.filter(|count| which.task_type.as_ref().is_none_or(|name| *name == count.task_type));
        return Ok(failed.map(|count| count.tasks).sum::<u64>().to_string());
    };
    let (state, task_type) = (Some(FangTaskState::Failed), which.task_type.clone());
    let mut filter = Filter { state, task_type, limit: PAGE, ..Filter::default() };
    let (mut looked_at, mut found) = (0, 0);
    while looked_at < Capped::MAX {
        let page = database.admin.list(&filter).await?;
        looked_at += page.len() as u64;
        found += page.iter().filter(|task| task.kind() == Some(kind)).count();
        filter.before = page.last().map(|task| task.id);
        if page.len() < PAGE as usize {
            return Ok(found.to_string());
        }
    }
    Ok(format!("{found} or more"))
}

/// Asks whether to go on with so many tasks. If there are none, there is nothing to ask, and nothing to do.
fn ask(count: &str) -> Result<bool, Failure> {
    if count == "0" {
        return Ok(false);
    }
    if !std::io::stdin().is_terminal() {
        let reason = "there is no terminal to ask at; add --yes to retry them; nothing was changed";
        return Err(Failure::new(format!("failed tasks: {count}; {reason}")));
    }
    let mut question = std::io::stderr().lock();
    // Without the question there is no answer either.
    let _ = write!(question, "Failed tasks that would run again: {count}. Go on? [y/N] ")
        .and_then(|()| question.flush());
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match read {
        Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(true),
        _ => Err(Failure::new("not confirmed; nothing was changed")),
    }
}
