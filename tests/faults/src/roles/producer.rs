//! A process that inserts tasks at a steady rate until its standard input is closed.

mod batch;
mod heavy;
mod light;

use super::{is_stopping, logger, stop_with_parent};
use crate::Failure;
use crate::options::Runtime;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often each task type inserts a batch.
const TICK: Duration = Duration::from_millis(20);

/// What one process is told.
#[derive(clap::Args, Clone, Debug)]
pub struct ProducerSettings {
    /// The database.
    #[arg(long)]
    pub uri: String,
    /// The folder of the ledger.
    #[arg(long)]
    pub folder: PathBuf,
    /// Which mode inserts, and which runs what is inserted.
    #[arg(long, value_enum)]
    pub runtime: Runtime,
    /// Tasks a second that are meant to run.
    #[arg(long)]
    pub rate: u32,
    /// How many tasks of a hundred take long; most take no time at all.
    #[arg(long, default_value_t = 5)]
    pub long: u8,
    /// The longest task, in milliseconds.
    #[arg(long, default_value_t = 500)]
    pub longest: u64,
    /// One in how many tasks is of the kind that only the new program knows; 0: none.
    #[arg(long, default_value_t = 0)]
    pub novel: u64,
    /// Where the random numbers start.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl ProducerSettings {
    /// The arguments that say the same.
    pub fn arguments(&self) -> Vec<String> {
        let pairs = [
            ("--uri", self.uri.clone()),
            ("--folder", self.folder.display().to_string()),
            ("--runtime", self.runtime.name().to_owned()),
            ("--rate", self.rate.to_string()),
            ("--long", self.long.to_string()),
            ("--longest", self.longest.to_string()),
            ("--novel", self.novel.to_string()),
            ("--seed", self.seed.to_string()),
        ];
        pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }

    /// The tasks of one batch: as many as are due each tick.
    fn per_tick(&self) -> usize {
        let per_tick = f64::from(self.rate) * TICK.as_secs_f64();
        (per_tick.round() as usize).max(1)
    }

    /// When the next batch is due. After a time in which nothing could be inserted, it does not make
    /// up for it.
    fn next_tick(&self, due: Instant) -> Instant {
        let interval = Duration::from_secs_f64(self.per_tick() as f64 / f64::from(self.rate.max(1)));
        (due + interval).max(Instant::now().checked_sub(Duration::from_millis(500)).unwrap_or(due))
    }
}

/// Inserts until the standard input is closed.
///
/// # Errors
/// When the ledger cannot be written; that the database is away is no error.
pub fn run(settings: &ProducerSettings) -> Result<(), Failure> {
    logger::start();
    stop_with_parent();
    match settings.runtime {
        Runtime::Asynk => light::run(settings),
        Runtime::Blocking => heavy::run(settings),
    }
}
