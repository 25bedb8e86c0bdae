//! A process of producers that insert one task each at the same moment, again and again, or as fast as they can. All
//! use one queue, as in an application.

mod heavy;
mod light;

use super::work::{Manner, Work};
use super::{is_stopping, logger, stop_with_parent};
use crate::Failure;
use crate::options::Runtime;
use crate::world::ledger;
use fang::{NewTask, QueueError};
use fang_faults::{Ledger, clock};
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// How many producers a process has. Each has a connection.
pub const PRODUCERS: u32 = 16;

/// The settings of one process.
#[derive(clap::Args, Clone, Debug)]
pub struct HerdSettings {
    /// The database.
    #[arg(long)]
    pub uri: String,
    /// The folder of the ledger.
    #[arg(long)]
    pub folder: PathBuf,
    /// The mode of the queue, and of the tasks.
    #[arg(long, value_enum)]
    pub runtime: Runtime,
    /// The time between inserts, in milliseconds. All producers of all processes insert at the same moments. 0: no
    /// pause.
    #[arg(long, default_value_t = 0)]
    pub every: u64,
    /// Whether each insert is in a transaction of the application.
    #[arg(long)]
    pub within: bool,
    /// Whether inserts send no notifications.
    #[arg(long)]
    pub mute: bool,
}

impl HerdSettings {
    /// The same settings as command line arguments.
    pub fn arguments(&self) -> Vec<String> {
        let (folder, every) = (self.folder.display().to_string(), self.every.to_string());
        let words = ["--uri", &self.uri, "--folder", &folder, "--runtime", self.runtime.name()];
        let flags = self.within.then_some("--within").into_iter().chain(self.mute.then_some("--mute"));
        words.into_iter().chain(["--every", &every]).chain(flags).map(str::to_owned).collect()
    }

    /// The time until the next common moment.
    fn pause(&self) -> Duration {
        let every = self.every * 1000;
        Duration::from_micros(if every == 0 { 0 } else { every - clock::now() % every })
    }
}

/// Inserts until the standard input is closed.
///
/// # Errors
/// When the ledger cannot be written, or an insert fails, since this campaign does not break the database.
pub fn run(settings: &HerdSettings) -> Result<(), Failure> {
    logger::start();
    stop_with_parent();
    match settings.runtime {
        Runtime::Asynk => light::run(settings),
        Runtime::Blocking => heavy::run(settings),
    }
}

/// The tasks of one producer, and its ledger.
struct Tasks {
    runtime: Runtime,
    ledger: Ledger,
}

impl Tasks {
    fn new(settings: &HerdSettings) -> Result<Self, Failure> {
        Ok(Self { runtime: settings.runtime, ledger: ledger(&settings.folder)? })
    }

    fn next(&self) -> Result<(NewTask, Uuid), Failure> {
        let task = Work { millis: 0, manner: Manner::Wait }.task(self.runtime)?;
        let id = task.id();
        self.ledger.wanted([id])?;
        Ok((task, id))
    }

    fn acked(&self, id: Uuid, outcome: Result<(), QueueError>) -> Result<(), Failure> {
        outcome?;
        Ok(self.ledger.acknowledged([id])?)
    }
}
