//! `fang top`: a dashboard on a terminal, and a table elsewhere.

mod act;
mod actor;
mod canvas;
mod dashboard;
mod fleet;
mod grid;
mod history;
mod kept;
mod keyboard;
mod leaving;
mod looker;
mod looks;
mod plain;
#[cfg(test)]
mod rig;
mod shown;
mod state;
mod text;
mod theme;
mod views;

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use clap::Args;
use fang_core::operator::span;
use std::io::IsTerminal;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Show the table once, and end.
    #[arg(long)]
    once: bool,
    /// Show a table in place of the dashboard, as without a terminal.
    #[arg(long)]
    plain: bool,
    /// How long to wait between two looks, such as 5s; at least 500ms.
    #[arg(long, value_parser = span::parse, value_name = "SPAN", default_value = "2s")]
    interval: Duration,
}

/// The shortest interval: each look costs the database some milliseconds.
const SHORTEST: Duration = Duration::from_millis(500);

/// The second one is opened only for an action while a look lasts.
pub(crate) const CONNECTIONS: u32 = 2;

pub(crate) async fn run(database: &Database, arguments: &Arguments, json: bool) -> Result<Answer, Failure> {
    if arguments.interval < SHORTEST {
        return Err(Failure::new("the interval is too short; give --interval 500ms or more"));
    }
    let has_keys = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    match (arguments.once, json || arguments.plain || !has_keys) {
        (true, _) => plain::once(database).await,
        (false, true) => plain::repeat(database, arguments.interval, json).await,
        (false, false) => dashboard::run(&database.admin, arguments.interval).await,
    }
}
