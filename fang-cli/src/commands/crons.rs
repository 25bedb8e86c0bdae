//! `fang crons`

mod by_hand;
mod view;

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use clap::{Args, Subcommand};
use fang_core::store::{CronInfo, CronRemoval};
use serde_json::json;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// Make a cron by hand. Programs never remove it.
    Add(by_hand::Add),
    /// Change a cron that was made by hand. What is not given stays.
    Edit(by_hand::Edit),
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
        Some(Action::Add(add)) => by_hand::add(database, add).await,
        Some(Action::Edit(edit)) => by_hand::edit(database, edit).await,
        Some(Action::Next { name, n }) => next(database, &find(database, &name).await?, n).await,
        Some(Action::Run { name }) => {
            let name = find(database, &name).await?.name;
            let id = admin.run_cron(&name).await?.ok_or_else(|| unknown(&name))?;
            Answer::new(json!({ "name": name, "id": id }), format!("inserted {id}"))
        }
        Some(Action::Pause { name }) => {
            let name = find(database, &name).await?.name;
            let changed = admin.pause_cron(&name).await?;
            told(&name, ("is_paused", true), changed, if changed { "paused" } else { "was paused already" })
        }
        Some(Action::Resume { name }) => {
            let name = find(database, &name).await?.name;
            let changed = admin.resume_cron(&name).await?;
            told(&name, ("is_paused", false), changed, if changed { "resumed" } else { "was not paused" })
        }
        Some(Action::Remove { name }) => {
            let name = find(database, &name).await?.name;
            match admin.remove_crons(&CronRemoval::Name(name.clone())).await? {
                0 => Err(unknown(&name)),
                _ => told(&name, ("is_removed", true), true, "removed"),
            }
        }
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

/// By its whole name, or by the name that was given by hand.
async fn find(database: &Database, name: &str) -> Result<CronInfo, Failure> {
    let crons = database.admin.list_crons().await?;
    if let Some(cron) = crons.iter().find(|cron| cron.name == name) {
        return Ok(cron.clone());
    }
    let mut by_hand: Vec<CronInfo> =
        crons.into_iter().filter(|cron| cron.name_by_hand() == Some(name)).collect();
    match by_hand.len() {
        0 | 1 => by_hand.pop().ok_or_else(|| unknown(name)),
        _ => {
            let names: Vec<&str> = by_hand.iter().map(|cron| cron.name.as_str()).collect();
            let names = names.join(", ");
            Err(Failure::new(format!("several crons are called {name:?}: {names}; give the whole name")))
        }
    }
}

async fn next(database: &Database, cron: &CronInfo, n: u16) -> Result<Answer, Failure> {
    let now = database.admin.now().await?;
    view::ticks(&cron.name, &cron.next_ticks(now, n.into())?)
}
