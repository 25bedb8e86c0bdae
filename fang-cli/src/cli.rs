//! The arguments.

use crate::commands::{
    cancel, completions, crons, insert, priority, remove, reschedule, retry, show, status, tasks, types,
};
use crate::connect::Place;
use clap::{Parser, Subcommand};

/// See and steer the tasks of fang, background processing on Postgres.
#[derive(Parser)]
#[command(name = "fang", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print JSON, for programs.
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Create the tables, or upgrade them.
    Migrate,
    /// Show the version of the tables, and count tasks and crons.
    Status(status::Arguments),
    /// List tasks, the newest first, without their payloads.
    Tasks(tasks::Arguments),
    /// Show a task with its payload and its failures.
    Show(show::Arguments),
    /// Insert a task of any kind.
    Insert(insert::Arguments),
    /// Run failed or waiting tasks now, with all their retries.
    Retry(retry::Arguments),
    /// Cancel tasks that wait or run.
    Cancel(cancel::Arguments),
    /// Remove the rows of tasks.
    Remove(remove::Arguments),
    /// Change when waiting tasks become due.
    Reschedule(reschedule::Arguments),
    /// Change the priority of waiting tasks.
    Priority(priority::Arguments),
    /// List the task types that have waiting tasks, or pause and resume one.
    Types(types::Arguments),
    /// List crons, show their next ticks, or run, pause, resume and remove one.
    Crons(crons::Arguments),
    /// Print the completions for a shell.
    Completions(completions::Arguments),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_contradict_nothing() {
        Cli::command().debug_assert();
    }
}
