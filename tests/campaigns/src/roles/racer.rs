//! A process of producers that race: all insert the same few unique tasks, as fast as they can, until the standard
//! input is closed.

mod heavy;
mod light;

use super::work::{Manner, Work};
use super::{is_stopping, logger, stop_with_parent};
use crate::Failure;
use crate::options::Runtime;
use crate::world::ledger;
use fang::store::Inserted;
use fang::{NewTask, QueueError, Replace, Unique};
use fang_faults::Ledger;
use fastrand::Rng;
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// The period of the tasks that are unique within one.
pub const PERIOD: Duration = Duration::from_secs(2);
/// The prefix of keys of tasks that are unique while alive.
pub const ALIVE: &str = "alive";
/// The prefix of keys of tasks that are unique until started.
pub const STARTED: &str = "started";
/// The prefix of keys of tasks that are unique within the period.
pub const WITHIN: &str = "within";

/// How many producers a process has.
pub const PRODUCERS: u64 = 16;
/// How many keys each way to be unique has, besides the contested one.
const KEYS: u8 = 8;
/// The longest task, in milliseconds.
const LONGEST: u64 = 20;

/// The settings of one process.
#[derive(clap::Args, Clone, Debug)]
pub struct RacerSettings {
    /// The database.
    #[arg(long)]
    pub uri: String,
    /// The folder of the ledger.
    #[arg(long)]
    pub folder: PathBuf,
    /// The mode of the queue, and of the tasks.
    #[arg(long, value_enum)]
    pub runtime: Runtime,
    /// The seed of the random numbers.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl RacerSettings {
    /// The same settings as command line arguments.
    pub fn arguments(&self) -> Vec<String> {
        let pairs = [
            ("--uri", self.uri.clone()),
            ("--folder", self.folder.display().to_string()),
            ("--runtime", self.runtime.name().to_owned()),
            ("--seed", self.seed.to_string()),
        ];
        pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }
}

/// Inserts until the standard input is closed.
///
/// # Errors
/// When the ledger cannot be written. An unreachable database is no error.
pub fn run(settings: &RacerSettings) -> Result<(), Failure> {
    logger::start();
    stop_with_parent();
    match settings.runtime {
        Runtime::Asynk => light::run(settings),
        Runtime::Blocking => heavy::run(settings),
    }
}

/// How a task is inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    /// In a call of its own.
    Call,
    /// In a transaction of the application.
    Transaction,
    /// In one that is rolled back.
    RolledBack,
}

/// The tries of one producer, and the ledger of their outcomes.
struct Tries {
    runtime: Runtime,
    random: Rng,
    ledger: Ledger,
}

impl Tries {
    fn new(settings: &RacerSettings, producer: u64) -> Result<Self, Failure> {
        let seed = settings.seed.wrapping_mul(PRODUCERS).wrapping_add(producer);
        let ledger = ledger(&settings.folder)?;
        Ok(Self { runtime: settings.runtime, random: Rng::with_seed(seed), ledger })
    }

    /// Makes the next task, and records it in the ledger as wanted.
    fn next(&mut self) -> Result<(NewTask, Within), Failure> {
        let work = Work { millis: self.random.u64(0..=LONGEST), manner: Manner::Wait };
        let (key, unique) = self.unique();
        let task = work.task(self.runtime)?.unique_by(self.conflict(unique)).tag(key);
        let within = match self.random.u8(0..20) {
            0 => Within::RolledBack,
            1 => Within::Transaction,
            _ => Within::Call,
        };
        self.ledger.wanted([task.id()])?;
        if within == Within::RolledBack {
            // From here on it cannot be committed.
            self.never(task.id())?;
        }
        Ok((task, within))
    }

    /// A random key. Two in five tasks want the contested one.
    fn unique(&mut self) -> (String, Unique) {
        let number = self.random.u8(0..KEYS);
        let (way, unique): (_, fn(Unique) -> Unique) = match self.random.u8(0..5) {
            0 | 1 => return (ALIVE.to_owned(), Unique::key(ALIVE)),
            2 => (ALIVE, |unique| unique),
            3 => (STARTED, Unique::until_started),
            _ => (WITHIN, |unique| unique.within(PERIOD)),
        };
        let key = format!("{way}-{number}");
        (key.clone(), unique(Unique::key(key)))
    }

    fn conflict(&mut self, unique: Unique) -> Unique {
        match self.random.u8(0..4) {
            0 => unique.replace(Replace::ALL),
            1 => unique.or_error(),
            _ => unique,
        }
    }

    /// Records the outcome of an insert: new, or kept out, so that this task must never run. After any other error the
    /// outcome is unknown.
    fn told(&self, id: Uuid, outcome: Result<Vec<Inserted>, QueueError>) -> Result<(), Failure> {
        match outcome {
            Ok(inserted) if inserted.iter().all(|told| told.is_new) => Ok(self.ledger.acknowledged([id])?),
            Ok(_) | Err(QueueError::NotUnique { .. }) => self.never(id),
            Err(error) => {
                log::info!("the outcome of an insert is unknown: {error}");
                Ok(())
            }
        }
    }

    fn never(&self, id: Uuid) -> Result<(), Failure> {
        Ok(self.ledger.rolled_back([id])?)
    }
}
