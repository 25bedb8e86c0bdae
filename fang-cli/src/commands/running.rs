//! `fang running`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::repeat;
use crate::table::Table;
use chrono::{DateTime, Utc};
use clap::Args;
use fang_core::operator::span::short;
use fang_core::store::{Running, WorkerInfo};
use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Args)]
pub(crate) struct Arguments {
    /// At most this many tasks.
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Go on from here: the last id of the page before.
    #[arg(long, value_name = "ID")]
    after: Option<Uuid>,
}

pub(crate) async fn run(database: &Database, arguments: &Arguments) -> Result<Answer, Failure> {
    let admin = &database.admin;
    let page = admin.running(arguments.after, arguments.limit).await?;
    let (now, workers) = (admin.now().await?, admin.workers().await?);
    let mut table = Table::new(TITLES);
    page.tasks.iter().for_each(|running| table.row(row(running, now, &workers)));
    let mut plain = table.to_string();
    if let Some(next) = page.next {
        plain += &format!("\nfor the next ones: {}", repeat::after(next));
    }
    let tasks: Vec<_> = page.tasks.iter().map(|running| fields(running, now, &workers)).collect();
    Answer::new(json!({ "tasks": tasks, "next": page.next }), plain)
}

/// The titles of the columns of running tasks.
pub(super) const TITLES: [&str; 6] = ["ID", "KIND", "TASK TYPE", "FOR", "WORKER", "HOST"];

/// The cells of a running task.
pub(super) fn row(running: &Running, now: DateTime<Utc>, workers: &[WorkerInfo]) -> [String; 6] {
    [
        running.task.id.to_string(),
        running.task.kind().unwrap_or("?").to_owned(),
        running.task.task_type.clone(),
        short(since(running, now)),
        running.worker.map_or_else(|| "?".to_owned(), |worker| worker.to_string()),
        host(running, workers).unwrap_or_default().to_owned(),
    ]
}

fn since(running: &Running, now: DateTime<Utc>) -> std::time::Duration {
    (now - running.since).to_std().unwrap_or_default()
}

fn host<'a>(running: &Running, workers: &'a [WorkerInfo]) -> Option<&'a str> {
    let worker = workers.iter().find(|worker| Some(worker.id) == running.worker)?;
    Some(&worker.host)
}

fn fields(running: &Running, now: DateTime<Utc>, workers: &[WorkerInfo]) -> Value {
    let Running { task, worker, since: at, .. } = running;
    json!({
        "id": task.id,
        "kind": task.kind(),
        "task_type": task.task_type,
        "retries": task.retries,
        "worker": worker.map(|worker| worker.0),
        "host": host(running, workers),
        "since": at,
        "seconds": since(running, now).as_secs_f64(),
    })
}
