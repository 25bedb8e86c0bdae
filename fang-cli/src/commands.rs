//! The commands, each in a file of its own: its arguments, and what it does.

pub(crate) mod cancel;
pub(crate) mod completions;
pub(crate) mod crons;
pub(crate) mod insert;
pub(crate) mod migrate;
pub(crate) mod priority;
pub(crate) mod remove;
pub(crate) mod reschedule;
pub(crate) mod retry;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod tasks;
pub(crate) mod types;

use crate::answer::Answer;
use crate::cli::{Cli, Command};
use crate::failure::Failure;

/// Does what the arguments ask for.
pub(crate) async fn run(cli: Cli) -> Result<Answer, Failure> {
    // The only one that needs no database.
    if let Command::Completions(arguments) = &cli.command {
        return completions::run(arguments);
    }
    // Read before anything is opened: what is wrong with it is told at once.
    if let Command::Insert(arguments) = &cli.command {
        let task = insert::task(arguments)?;
        return insert::run(&cli.place.connect().await?, task).await;
    }
    let database = cli.place.connect().await?;
    match cli.command {
        Command::Migrate => migrate::run(&database).await,
        Command::Status(arguments) => status::run(&database, &arguments).await,
        Command::Tasks(arguments) => tasks::run(&database, arguments).await,
        Command::Show(arguments) => show::run(&database, &arguments).await,
        Command::Retry(arguments) => retry::run(&database, arguments).await,
        Command::Cancel(arguments) => cancel::run(&database, arguments).await,
        Command::Remove(arguments) => remove::run(&database, arguments).await,
        Command::Reschedule(arguments) => reschedule::run(&database, arguments).await,
        Command::Priority(arguments) => priority::run(&database, arguments).await,
        Command::Types(arguments) => types::run(&database, arguments).await,
        Command::Crons(arguments) => crons::run(&database, arguments).await,
        Command::Insert(_) | Command::Completions(_) => Err(Failure::new("this command was done before")),
    }
}
