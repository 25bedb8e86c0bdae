//! The worker of a program before an upgrade.

use clap::Parser;
use fang_faults::Failure;
use fang_faults::roles::worker::{self, WorkerSettings};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    settings: WorkerSettings,
}

fn main() -> Result<(), Failure> {
    worker::run(&Arguments::parse().settings)
}
