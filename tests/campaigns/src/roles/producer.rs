//! A process that inserts tasks at a steady rate until its standard input is closed.

mod batch;
mod heavy;
mod light;

use super::{is_stopping, logger, stop_with_parent};
use crate::Failure;
use crate::options::Runtime;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often a producer inserts a batch.
const TICK: Duration = Duration::from_millis(20);

/// The settings of one process.
#[derive(clap::Args, Clone, Debug)]
pub struct ProducerSettings {
    /// The database.
    #[arg(long)]
    pub uri: String,
    /// The folder of the ledger.
    #[arg(long)]
    pub folder: PathBuf,
    /// The mode of the queue, and of the tasks.
    #[arg(long, value_enum)]
    pub runtime: Runtime,
    /// How many tasks a second are inserted, apart from rolled back ones.
    #[arg(long)]
    pub rate: u32,
    /// How many tasks of a hundred are long. Most others take no time.
    #[arg(long, default_value_t = 5)]
    pub long: u8,
    /// The longest task, in milliseconds.
    #[arg(long, default_value_t = 500)]
    pub longest: u64,
    /// One in this many tasks is of the kind that only the new program knows. 0: none.
    #[arg(long, default_value_t = 0)]
    pub novel: u64,
    /// The seed of the random numbers.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl ProducerSettings {
    /// The same settings as command line arguments.
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

    /// How many tasks a batch has.
    fn per_tick(&self) -> usize {
        let per_tick = f64::from(self.rate) * TICK.as_secs_f64();
        (per_tick.round() as usize).max(1)
    }

    /// When the next batch is due. After a time without inserts, the producer does not catch up.
    fn next_tick(&self, due: Instant) -> Instant {
        let interval = Duration::from_secs_f64(self.per_tick() as f64 / f64::from(self.rate.max(1)));
        (due + interval).max(Instant::now().checked_sub(Duration::from_millis(500)).unwrap_or(due))
    }
}

/// Inserts until the standard input is closed.
///
/// # Errors
/// When the ledger cannot be written. An unreachable database is no error.
pub fn run(settings: &ProducerSettings) -> Result<(), Failure> {
    logger::start();
    stop_with_parent();
    match settings.runtime {
        Runtime::Asynk => light::run(settings),
        Runtime::Blocking => heavy::run(settings),
    }
}
