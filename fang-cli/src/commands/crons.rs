//! `fang crons`

mod view;

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use fang_core::schedule::Timetable;
use fang_core::store::{CronInfo, CronRemoval};
use serde_json::json;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// Show the next ticks of a cron.
    Next {
        /// The name of the cron, as `fang crons` lists it.
        name: String,
        /// How many ticks.
        #[arg(short, default_value_t = 5, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1000))]
        n: u16,
    },
    /// Insert a task of a cron, due now, besides its ticks.
    Run {
        /// The name of the cron, as `fang crons` lists it.
        name: String,
    },
    /// Pause a cron, and remove its waiting task.
    Pause {
        /// The name of the cron, as `fang crons` lists it.
        name: String,
    },
    /// Resume a paused cron.
    Resume {
        /// The name of the cron, as `fang crons` lists it.
        name: String,
    },
    /// Remove a cron and its waiting task. A program that schedules it again brings it back.
    Remove {
        /// The name of the cron, as `fang crons` lists it.
        name: String,
    },
}

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    let admin = &database.admin;
    match arguments.action {
        None => view::list(&admin.list_crons().await?),
        Some(Action::Next { name, n }) => next(database, &find(database, &name).await?, n).await,
        Some(Action::Run { name }) => {
            let id = database.run_cron(&name).await?.ok_or_else(|| unknown(&name))?;
            Answer::new(json!({ "name": name, "id": id }), format!("inserted {id}"))
        }
        Some(Action::Pause { name }) => {
            find(database, &name).await?;
            let changed = admin.pause_cron(&name).await?;
            told(&name, ("is_paused", true), changed, if changed { "paused" } else { "was paused already" })
        }
        Some(Action::Resume { name }) => {
            find(database, &name).await?;
            let changed = admin.resume_cron(&name).await?;
            told(&name, ("is_paused", false), changed, if changed { "resumed" } else { "was not paused" })
        }
        Some(Action::Remove { name }) => match admin.remove_crons(&CronRemoval::Name(name.clone())).await? {
            0 => Err(unknown(&name)),
            _ => told(&name, ("is_removed", true), true, "removed"),
        },
    }
}

fn told(name: &str, state: (&str, bool), is_changed: bool, word: &str) -> Result<Answer, Failure> {
    Answer::new(
        json!({ "name": name, state.0: state.1, "is_changed": is_changed }),
        format!("{name}: {word}"),
    )
}

fn unknown(name: &str) -> Failure {
    Failure::new(format!("no cron has the name {name:?}; `fang crons` lists them"))
}

async fn find(database: &Database, name: &str) -> Result<CronInfo, Failure> {
    let crons = database.admin.list_crons().await?;
    crons.into_iter().find(|cron| cron.name == name).ok_or_else(|| unknown(name))
}

async fn next(database: &Database, cron: &CronInfo, n: u16) -> Result<Answer, Failure> {
    let now = database.admin.now().await?;
    let timetable = Timetable::read(&cron.cron)?;
    let ticks: Vec<_> = ticks(cron, &timetable, now).take(n.into()).collect();
    view::ticks(&cron.name, &ticks)
}

/// The ticks after `now`. Intervals are counted from the tick whose task waits.
fn ticks(cron: &CronInfo, timetable: &Timetable, now: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    let first = timetable.next_after(cron.next_tick, now).ok();
    std::iter::successors(first, |tick| timetable.next_after(*tick, *tick).ok())
}
