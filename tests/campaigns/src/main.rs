//! `fang-campaigns CAMPAIGN`: runs a campaign, prints a table, and exits with 0 only if every promise was kept.

use clap::{Parser, Subcommand};
use fang_campaigns::Failure;
use fang_campaigns::campaigns::Campaign;
use fang_campaigns::roles::herd::{self, HerdSettings};
use fang_campaigns::roles::producer::{self, ProducerSettings};
use fang_campaigns::roles::racer::{self, RacerSettings};
use fang_campaigns::roles::worker::{self, WorkerSettings};
use std::process::ExitCode;

/// Breaks processes, connections and servers under fang, and counts what that costs.
#[derive(Parser)]
#[command(name = "fang-campaigns")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Campaign(Campaign),
    /// A process that runs tasks.
    #[command(hide = true)]
    Worker(WorkerSettings),
    /// A process that inserts tasks.
    #[command(hide = true)]
    Producer(ProducerSettings),
    /// A process that races for unique tasks.
    #[command(hide = true)]
    Racer(RacerSettings),
    /// A process of producers that insert at the same moment.
    #[command(hide = true)]
    Herding(HerdSettings),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("fang-campaigns: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Worker(settings) => worker::run(&settings)?,
        Command::Producer(settings) => producer::run(&settings)?,
        Command::Racer(settings) => racer::run(&settings)?,
        Command::Herding(settings) => herd::run(&settings)?,
        Command::Campaign(campaign) => {
            let report = campaign.run()?;
            println!("{report}");
            if !report.passed() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
