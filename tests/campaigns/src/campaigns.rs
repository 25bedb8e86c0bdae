//! The campaigns, one file each.

mod away;
mod blackhole;
mod block;
mod caller;
mod cut;
mod ending;
mod full;
mod fuzz;
mod herd;
mod kill;
mod meter;
mod payload;
mod poison;
mod rate;
mod restart;
mod snapshot;
mod stop;
mod term;
mod terminate;
mod unique;
mod upgrade;
mod verdict;

use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use clap::Subcommand;

/// A campaign to run.
#[derive(Clone, Debug, Subcommand)]
pub enum Campaign {
    /// `kill -9` of workers under load.
    Kill(Options),
    /// Immediate restarts of Postgres.
    Restart(Options),
    /// Postgres unreachable for three leases.
    Away(Options),
    /// `pg_terminate_backend` at random.
    Terminate(Options),
    /// SIGSTOP for two leases, then SIGCONT.
    Stop(Options),
    /// SIGTERM under load.
    Term(Options),
    /// Tasks that abort their process.
    Poison(Options),
    /// Tasks that block every thread of tokio.
    Block(Options),
    /// A rolling upgrade and its rollback.
    Upgrade(Options),
    /// A network that swallows everything.
    Blackhole(Options),
    /// Connections that end between a commit and its reply.
    Cut(Options),
    /// Invalid rows, written by SQL.
    Fuzz(Options),
    /// A full disk, and a table that is locked.
    Full(Options),
    /// Producers that race for the same unique tasks.
    Unique(Options),
    /// Payloads of megabytes.
    Payload(Options),
    /// 64 producers at once, with few notifications.
    Herd(Options),
    /// A transaction that keeps old rows from being removed.
    Snapshot(Options),
}

impl Campaign {
    /// Runs the campaign.
    ///
    /// # Errors
    /// When it could not be carried out.
    pub fn run(&self) -> Result<Report, Failure> {
        match self {
            Self::Kill(options) => kill::run(options),
            Self::Restart(options) => restart::run(options),
            Self::Away(options) => away::run(options),
            Self::Terminate(options) => terminate::run(options),
            Self::Stop(options) => stop::run(options),
            Self::Term(options) => term::run(options),
            Self::Poison(options) => poison::run(options),
            Self::Block(options) => block::run(options),
            Self::Upgrade(options) => upgrade::run(options),
            Self::Blackhole(options) => blackhole::run(options),
            Self::Cut(options) => cut::run(options),
            Self::Fuzz(options) => fuzz::run(options),
            Self::Full(options) => full::run(options),
            Self::Unique(options) => unique::run(options),
            Self::Payload(options) => payload::run(options),
            Self::Herd(options) => herd::run(options),
            Self::Snapshot(options) => snapshot::run(options),
        }
    }
}
