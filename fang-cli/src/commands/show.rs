//! `fang show`

use crate::answer::Answer;
use crate::by_id::find;
use crate::connect::Database;
use crate::failure::Failure;
use crate::table::printable;
use crate::view::{Listed, Shown, at};
use clap::Args;
use fang_core::operator::in_lines;
use std::fmt::Write;
use uuid::Uuid;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The id of the task.
    id: Uuid,
    /// Leave out the payload.
    #[arg(long)]
    no_payload: bool,
}

pub(crate) async fn run(database: &Database, arguments: &Arguments) -> Result<Answer, Failure> {
    let task = find(database, arguments.id).await?;
    let shown = Shown::of(&task, !arguments.no_payload);
    let plain = plain(&shown).map_err(|error| Failure::new(error.to_string()))?;
    Answer::new(shown, plain)
}

fn plain(shown: &Shown<'_>) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for (name, value) in lines(&shown.listed).into_iter().chain(more(shown)) {
        writeln!(text, "{name:<13} {}", printable(&value))?;
    }
    for failure in shown.failures {
        writeln!(text, "failure {} at {}", failure.attempt, at(failure.at))?;
        indented(&mut text, &failure.error)?;
    }
    if let Some(payload) = &shown.payload {
        text.push_str("payload\n");
        indented(&mut text, &in_lines(payload.get()))?;
    }
    Ok(text)
}

fn indented(text: &mut String, lines: &str) -> std::fmt::Result {
    lines.lines().try_for_each(|line| writeln!(text, "    {}", printable(line)))
}

fn lines(task: &Listed<'_>) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("id", task.id.to_string()),
        ("kind", task.kind.unwrap_or("?").to_owned()),
        ("task type", task.task_type.to_owned()),
        ("state", task.state.as_str().to_owned()),
        ("mode", task.mode.to_owned()),
        ("priority", task.priority.to_owned()),
        ("retries", task.retries.to_string()),
        ("crashes", task.crashes.to_string()),
        ("inserted at", at(task.created_at)),
        ("due at", at(task.scheduled_at)),
        ("changed at", at(task.updated_at)),
    ];
    if !task.tags.is_empty() {
        lines.push(("tags", task.tags.join(", ")));
    }
    lines.extend(task.error.map(|error| ("error", error.to_owned())));
    lines
}

fn more(task: &Shown<'_>) -> Vec<(&'static str, String)> {
    let mut lines = vec![("claims", task.claims.to_string())];
    lines.extend(task.max_retries.map(|retries| ("max retries", retries.to_string())));
    lines.extend(task.unique_hash.map(|hash| ("unique hash", hash.to_owned())));
    lines.extend(task.expires_at.map(|instant| ("expires at", at(instant))));
    lines.extend(task.keep_until.map(|instant| ("kept until", at(instant))));
    lines.extend(task.headers.iter().map(|(name, value)| ("header", format!("{name}: {value}"))));
    lines
}
