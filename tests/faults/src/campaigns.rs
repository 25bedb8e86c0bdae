//! The campaigns, each a file.

mod ending;
mod kill;

use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use clap::Subcommand;

/// A campaign to run.
#[derive(Clone, Debug, Subcommand)]
pub enum Campaign {
    /// `kill -9` of workers under load.
    Kill(Options),
}

impl Campaign {
    /// Runs it.
    ///
    /// # Errors
    /// When it could not be carried out.
    pub fn run(&self) -> Result<Report, Failure> {
        match self {
            Self::Kill(options) => kill::run(options),
        }
    }
}
