//! The commands, each in a file of its own: its arguments, and what it does.

pub(crate) mod bench;
pub(crate) mod cancel;
pub(crate) mod completions;
pub(crate) mod crons;
pub(crate) mod doctor;
pub(crate) mod errors;
pub(crate) mod insert;
pub(crate) mod kinds;
pub(crate) mod metrics;
pub(crate) mod migrate;
pub(crate) mod priority;
pub(crate) mod remove;
pub(crate) mod reschedule;
pub(crate) mod retry;
pub(crate) mod running;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod tasks;
pub(crate) mod top;
pub(crate) mod types;
pub(crate) mod web;
pub(crate) mod workers;

use crate::answer::Answer;
use crate::cli::{Cli, Command};
use crate::failure::Failure;

/// Does what the arguments ask for.
pub(crate) async fn run(cli: Cli) -> Result<Answer, Failure> {
    let Cli { place, command, json } = cli;
    let open = async || place.connect().await;
    match command {
        Command::Migrate(arguments) => migrate::run(&open().await?, &arguments).await,
        Command::Status(arguments) => status::run(&open().await?, &arguments).await,
        Command::Tasks(arguments) => tasks::run(&open().await?, &arguments).await,
        Command::Show(arguments) => show::run(&open().await?, &arguments).await,
        Command::Insert(arguments) => {
            // First, so that what is wrong with it needs no database.
            let task = insert::task(&arguments)?;
            insert::run(&open().await?, task).await
        }
        Command::Retry(arguments) => retry::run(&open().await?, arguments).await,
        Command::Cancel(arguments) => cancel::run(&open().await?, arguments).await,
        Command::Remove(arguments) => remove::run(&open().await?, arguments).await,
        Command::Reschedule(arguments) => reschedule::run(&open().await?, arguments).await,
        Command::Priority(arguments) => priority::run(&open().await?, arguments).await,
        Command::Types(arguments) => types::run(&open().await?, arguments).await,
        Command::Kinds(arguments) => kinds::run(&open().await?, &arguments).await,
        Command::Workers(arguments) => workers::run(&open().await?, arguments).await,
        Command::Running(arguments) => running::run(&open().await?, &arguments).await,
        Command::Errors => errors::run(&open().await?).await,
        Command::Top(arguments) => {
            top::run(&place.connect_by(top::CONNECTIONS).await?, &arguments, json).await
        }
        Command::Crons(arguments) => crons::run(&open().await?, arguments).await,
        Command::Doctor => doctor::run(&open().await?).await,
        Command::Bench(arguments) => bench::run(&place, &arguments).await,
        Command::Metrics(arguments) => metrics::run(&open().await?, &arguments, json).await,
        Command::Web(arguments) => {
            web::run(&place.connect_by(web::CONNECTIONS).await?, &arguments, json).await
        }
        Command::Completions(arguments) => completions::run(&arguments),
    }
}
