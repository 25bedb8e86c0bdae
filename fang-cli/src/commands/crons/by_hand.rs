//! Crons that are made by hand.

use super::find;
use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::task_options::{TaskOptions, fields};
use crate::view::at;
use clap::{Arg, Args};
use fang_core::operator::read_missed;
use fang_core::{Cron, Missed, NewTask};
use serde_json::json;

#[derive(Args)]
pub(super) struct Add {
    /// A name of your choice: letters, digits, '-', '_' and '.'.
    name: String,
    /// When it ticks: five fields as in crontab, six with seconds first, seven with the year last, or '@every 90s'.
    pattern: String,
    /// The kind of its tasks: the name of the function or struct.
    kind: String,
    /// The payload of its tasks, as for `fang insert`.
    #[arg(value_name = "JSON")]
    payload: String,
    /// The time zone, such as Europe/Berlin. Defaults to UTC.
    #[arg(long, value_name = "NAME")]
    time_zone: Option<String>,
    /// What to do with ticks that were missed while no pool ran: coalesce (the default, one run for all), skip, or how
    /// many of them run.
    #[arg(long, value_parser = read_missed)]
    missed: Option<Missed>,
    #[command(flatten)]
    options: TaskOptions,
}

#[derive(Args)]
// The options of a task are those of `add`, whose defaults hold for a new one only.
#[command(mut_args(without_default))]
pub(super) struct Edit {
    /// The name of the cron.
    name: String,
    /// When it ticks.
    #[arg(long)]
    pattern: Option<String>,
    /// The payload of its tasks.
    #[arg(long, value_name = "JSON")]
    payload: Option<String>,
    /// The time zone, such as Europe/Berlin.
    #[arg(long, value_name = "NAME")]
    time_zone: Option<String>,
    /// What to do with ticks that were missed while no pool ran: coalesce (one run for all), skip, or how many of them
    /// run.
    #[arg(long, value_parser = read_missed)]
    missed: Option<Missed>,
    #[command(flatten)]
    options: TaskOptions,
}

/// The argument, whose help tells no default: what is not given stays.
fn without_default(argument: Arg) -> Arg {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    match help.split_once(" Defaults to ") {
        Some((begin, _)) => argument.help(begin.trim_end_matches('.').to_owned()),
        _ => argument,
    }
}

pub(super) async fn add(database: &Database, add: Add) -> Result<Answer, Failure> {
    let mut crons = database.admin.list_crons().await?.into_iter();
    if crons.any(|cron| cron.name_by_hand() == Some(&add.name)) {
        let name = &add.name;
        return Err(Failure::new(format!(
            "there is a cron {name:?} already; change it by `fang crons edit`"
        )));
    }
    let task = add.options.apply(NewTask::of_kind(&add.kind, fields(&add.payload)?));
    let cron = Cron::new(add.pattern).time_zone(add.time_zone.as_deref().unwrap_or("UTC"));
    save(database, &add.name, cron.missed(add.missed.unwrap_or_default()), task).await
}

pub(super) async fn edit(database: &Database, edit: Edit) -> Result<Answer, Failure> {
    let found = find(database, &edit.name).await?;
    let Some(name) = found.name_by_hand() else {
        return Err(Failure::new(format!(
            "{:?} is the cron of a program, which would change it back; change it there",
            found.name
        )));
    };
    let Edit { pattern, time_zone, missed, payload, .. } = &edit;
    let is_empty = pattern.is_none() && time_zone.is_none() && missed.is_none() && payload.is_none();
    if is_empty && edit.options == TaskOptions::default() {
        return Err(Failure::new("nothing to change is given; see `fang crons edit --help`"));
    }
    let mut cron = found.cron.clone();
    cron.pattern = pattern.clone().unwrap_or(cron.pattern);
    cron.time_zone = time_zone.clone().unwrap_or(cron.time_zone);
    cron.missed = missed.unwrap_or(cron.missed);
    let mut kept = found.clone();
    if let Some(payload) = payload {
        let task = NewTask::of_kind(found.kind(), fields(payload)?);
        kept.payload = task.payload().to_owned().into();
    }
    save(database, name, cron, edit.options.apply(kept.task())).await
}

async fn save(database: &Database, name: &str, cron: Cron, task: NewTask) -> Result<Answer, Failure> {
    let name = database.admin.set_cron(name, cron, task).await?;
    let cron = find(database, &name).await?;
    let plain = format!("{name}: ticks next at {}", at(cron.next_tick));
    Answer::new(json!({ "name": name, "next_tick": cron.next_tick }), plain)
}
