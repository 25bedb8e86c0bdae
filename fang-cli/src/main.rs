//! The command `fang`: see and steer the tasks of [fang](https://docs.rs/fang) from a shell. It knows the code of no
//! task: it works on the tables alone.

// A panic is how a test reports.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answer;
mod by_id;
mod cli;
mod commands;
mod connect;
mod failure;
mod filter;
mod interrupt;
mod matching;
mod progress;
mod rate;
mod repeat;
mod screen;
mod server;
mod steer;
mod stops;
mod table;
mod task_options;
mod usage;
mod view;
mod words;

use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::tell(&error),
    };
    let json = cli.json;
    match commands::run(cli).await {
        Ok(answer) => answer.print(json),
        Err(failure) => failure.tell(),
    }
}
