//! The arguments.

use crate::commands::{
    bench, cancel, completions, crons, insert, kinds, metrics, migrate, priority, remove, reschedule, retry,
    running, show, status, tasks, top, types, web, workers,
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
    Migrate(migrate::Arguments),
    /// Show the version of the tables, and count tasks and crons.
    Status(status::Arguments),
    /// List tasks, the newest first, without their payloads.
    Tasks(tasks::Arguments),
    /// Show a task with its payload and its failures.
    Show(show::Arguments),
    /// Insert a task of any kind.
    Insert(insert::Arguments),
    /// Run failed or waiting tasks now, with all their retries. Cancelled and expired tasks count as failed.
    ///
    /// A filter without --state means failed tasks. Only the text of the error tells cancelled and expired tasks from
    /// other failed ones: choose by --error.
    Retry(retry::Arguments),
    /// Cancel tasks that wait or run.
    ///
    /// A filter without --state means both.
    Cancel(cancel::Arguments),
    /// Remove the rows of tasks, also of those that wait or run.
    ///
    /// A filter without --state means tasks in all states. A task that runs goes on, and its result is dropped.
    Remove(remove::Arguments),
    /// Change when waiting tasks become due.
    ///
    /// A filter without --state means all tasks that wait.
    Reschedule(reschedule::Arguments),
    /// Change the priority of waiting tasks.
    ///
    /// A filter without --state means all tasks that wait.
    Priority(priority::Arguments),
    /// List the task types with their rates, or pause and resume one.
    Types(types::Arguments),
    /// List the kinds whose tasks run, or ran lately, with their rates.
    Kinds(kinds::Arguments),
    /// List the pools that run, or make one quiet, resume it or stop it.
    Workers(workers::Arguments),
    /// List the tasks that run: where each runs, and for how long.
    Running(running::Arguments),
    /// Group the errors of the tasks that failed last.
    Errors,
    /// Show a dashboard in the terminal, with keys to steer the tasks. Without a terminal, print a table.
    Top(top::Arguments),
    /// List crons, show their next ticks, or run, pause, resume and remove one.
    Crons(crons::Arguments),
    /// Find trouble, and say what to do about it. Exit code 1 if there is any.
    Doctor,
    /// Measure inserts and runs of tasks that do nothing, in a schema that is dropped afterwards.
    Bench(bench::Arguments),
    /// Serve metrics of the whole fleet for Prometheus, until SIGTERM or Ctrl-C.
    Metrics(metrics::Arguments),
    /// Serve a dashboard for browsers, until SIGTERM or Ctrl-C.
    Web(web::Arguments),
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
