//! The surroundings of a campaign: a cluster, a folder for the ledger, processes.

mod database;
pub use fang_faults::Process;

use crate::Failure;
use crate::options::{Options, Runtime};
use crate::roles::herd::HerdSettings;
use crate::roles::producer::ProducerSettings;
use crate::roles::racer::RacerSettings;
use crate::roles::worker::{COMMON, WorkerSettings};
use crate::shutdowns;
use fang::{NewTask, Queue, Queueable, Shutdown};
use fang_faults::{Book, Ledger, clock};
use fang_test_support::{Cluster, Durability};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The longest that any step may take.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The file of the ledger.
const LEDGER: &str = "ledger";

/// The program whose subcommands are the roles of the processes.
const PROGRAM: &str = "fang-campaigns";

/// A migrated database in a throwaway cluster, and a folder with the ledger and the logs.
///
/// The folder is removed with the value, unless [`keep`](Self::keep) was called.
#[derive(Debug)]
pub struct World {
    cluster: Cluster,
    uri: String,
    folder: PathBuf,
    lease: Duration,
    long: u8,
    hold: bool,
    is_kept: AtomicBool,
}

impl World {
    /// Starts a cluster and creates the tables in it.
    ///
    /// # Errors
    /// When there is no Postgres, or it fails.
    pub fn create(options: &Options) -> Result<Self, Failure> {
        Self::over(Cluster::create(Durability::Fast)?, options)
    }

    /// Creates the tables in this cluster.
    ///
    /// # Errors
    /// When it fails.
    pub fn over(cluster: Cluster, options: &Options) -> Result<Self, Failure> {
        let uri = cluster.uri("postgres");
        Queue::builder().uri(&uri).max_pool_size(1_u32).build().migrate()?;
        let folder =
            std::env::temp_dir().join(format!("fang-campaigns-{}-{}", std::process::id(), clock::now()));
        std::fs::create_dir(&folder)?;
        let long = if options.lock_claims { 1 } else { options.either(5, 10) };
        Ok(Self {
            cluster,
            uri,
            folder,
            lease: options.lease(),
            long,
            hold: options.lock_claims,
            is_kept: AtomicBool::new(false),
        })
    }

    /// The cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The URI of the database.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The folder of the ledger and the logs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps the folder for inspection, and prints its path.
    pub fn keep(&self) {
        if self.is_kept.swap(true, Ordering::Relaxed) {
            return;
        }
        eprintln!("the ledger and the logs are in {}", self.folder.display());
    }

    /// The usual settings of a worker process.
    pub fn worker_settings(&self, runtime: Runtime) -> WorkerSettings {
        WorkerSettings {
            uri: self.uri.clone(),
            folder: self.folder.clone(),
            runtime,
            workers: if self.hold { 2 } else { 10 },
            lease: u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX),
            task_type: COMMON.to_owned(),
            keep: false,
            deaf: false,
        }
    }

    /// The usual settings of a producer process.
    pub fn producer_settings(&self, runtime: Runtime, rate: u32, seed: u64) -> ProducerSettings {
        ProducerSettings {
            uri: self.uri.clone(),
            folder: self.folder.clone(),
            runtime,
            rate,
            long: self.long,
            longest: 500,
            novel: 0,
            seed,
        }
    }

    /// Starts a worker process; does not wait until it works.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn worker(&self, settings: &WorkerSettings) -> Result<Process, Failure> {
        self.worker_of(PROGRAM, settings)
    }

    /// Starts the worker process of another program of this crate.
    ///
    /// # Errors
    /// When the system refuses, or the program is not built.
    pub fn worker_of(&self, program: &str, settings: &WorkerSettings) -> Result<Process, Failure> {
        let subcommand = (program == PROGRAM).then(|| "worker".to_owned());
        let arguments = subcommand.into_iter().chain(settings.arguments()).collect();
        self.process(program, arguments, "worker")
    }

    fn process(&self, program: &str, arguments: Vec<String>, role: &str) -> Result<Process, Failure> {
        let log = self.folder.join(format!("{role}s.log"));
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let mut command = Command::new(beside_this_one(program)?);
        Ok(Process::start(command.args(arguments).stdout(Stdio::null()).stderr(log))?)
    }

    /// Starts a worker process for each of these runtimes, and waits until they work.
    ///
    /// # Errors
    /// When the system refuses, or they do not come up.
    pub fn workers(&self, runtimes: impl Iterator<Item = Runtime>) -> Result<Vec<Process>, Failure> {
        let started: Result<Vec<_>, _> =
            runtimes.map(|runtime| self.worker(&self.worker_settings(runtime))).collect();
        let started = started?;
        self.wait_for(&started)?;
        Ok(started)
    }

    /// Starts a producer process.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn producer(&self, settings: &ProducerSettings) -> Result<Process, Failure> {
        let arguments = std::iter::once("producer".to_owned()).chain(settings.arguments()).collect();
        self.process(PROGRAM, arguments, "producer")
    }

    /// Starts a process of producers that race for unique tasks.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn racer(&self, settings: &RacerSettings) -> Result<Process, Failure> {
        let arguments = std::iter::once("racer".to_owned()).chain(settings.arguments()).collect();
        self.process(PROGRAM, arguments, "racer")
    }

    /// Starts a process of producers that insert at the same moment.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn herd(&self, settings: &HerdSettings) -> Result<Process, Failure> {
        let arguments = std::iter::once("herding".to_owned()).chain(settings.arguments()).collect();
        self.process(PROGRAM, arguments, "producer")
    }

    /// Starts a producer for each mode of the campaign; `rate` is that of all together.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn producers(&self, options: &Options, rate: u32) -> Result<Vec<Process>, Failure> {
        let runtimes = options.mode.all();
        // Pools make lock-claims only if there are more tasks than they can run at once.
        let rate = if self.hold { rate.max(3000) } else { rate };
        let each = rate / u32::try_from(runtimes.len())?;
        let seeds = options.seed..;
        let settings =
            runtimes.iter().zip(seeds).map(|(runtime, seed)| self.producer_settings(*runtime, each, seed));
        settings.map(|settings| self.producer(&settings)).collect()
    }

    /// Inserts tasks from this process, and acknowledges them in the ledger.
    ///
    /// # Errors
    /// When Postgres or the ledger fails.
    pub fn insert(&self, tasks: Vec<NewTask>) -> Result<Vec<Uuid>, Failure> {
        let ids: Vec<Uuid> = tasks.iter().map(|task| task.id()).collect();
        Queue::builder().uri(&self.uri).max_pool_size(1_u32).build().insert_tasks(tasks)?;
        self.ledger()?.acknowledged(ids.iter().copied())?;
        Ok(ids)
    }

    /// Waits until these processes are registered as workers.
    ///
    /// # Errors
    /// When that takes too long.
    pub fn wait_for(&self, workers: &[Process]) -> Result<(), Failure> {
        let pids: Vec<String> = workers.iter().map(|worker| worker.pid().to_string()).collect();
        let sql = format!(
            "SELECT count(DISTINCT info->>'pid') FROM fang_workers WHERE dead_at IS NULL AND info->>'pid' IN ('{}')",
            pids.join("', '")
        );
        self.wait_until("the workers to come up", PATIENCE, || {
            Ok(self.number(&sql).unwrap_or_default() == pids.len() as u64)
        })?;
        Ok(())
    }

    /// Waits until no task is alive, and returns how long that took.
    ///
    /// # Errors
    /// When it takes longer than `at_most`.
    pub fn drain(&self, at_most: Duration) -> Result<Duration, Failure> {
        let sql = "SELECT count(*) FROM fang_tasks WHERE state IN ('new', 'in_progress', 'retried')";
        self.wait_until("the table to have no live task", at_most, || Ok(self.number(sql)? == 0))
    }

    /// Waits until the condition is true, and returns how long that took.
    ///
    /// # Errors
    /// When it takes longer than `at_most`, or the condition fails.
    pub fn wait_until(
        &self,
        what: &str,
        at_most: Duration,
        mut is_so: impl FnMut() -> Result<bool, Failure>,
    ) -> Result<Duration, Failure> {
        let began = Instant::now();
        while !is_so()? {
            if began.elapsed() > at_most {
                self.keep();
                return Err(format!("waited {at_most:?} for {what}, without success").into());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(began.elapsed())
    }

    /// The tasks that this process has claimed, by the table.
    ///
    /// # Errors
    /// When Postgres fails.
    pub fn held_by(&self, pid: u32) -> Result<Vec<Uuid>, Failure> {
        let sql = format!(
            "SELECT t.id FROM fang_tasks t JOIN fang_workers w ON w.id = t.locked_by
             WHERE t.state = 'in_progress' AND w.info->>'pid' = '{pid}'"
        );
        self.ids(&sql)
    }

    /// The ids that a query returns.
    ///
    /// # Errors
    /// When Postgres fails.
    pub fn ids(&self, sql: &str) -> Result<Vec<Uuid>, Failure> {
        self.rows(sql)?
            .iter()
            .map(|row| Ok(Uuid::try_parse(row.first().map_or("", String::as_str))?))
            .collect()
    }

    /// The number that a query returns.
    ///
    /// # Errors
    /// When Postgres fails.
    pub fn number(&self, sql: &str) -> Result<u64, Failure> {
        Ok(self.rows(sql)?.first().and_then(|row| row.first()).ok_or("no row")?.parse()?)
    }

    /// The rows that a query returns, as text.
    ///
    /// # Errors
    /// When Postgres fails.
    pub fn rows(&self, sql: &str) -> Result<Vec<Vec<String>>, Failure> {
        database::rows(&self.uri, sql)
    }

    /// Reads the ledger.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn book(&self) -> Result<Book, Failure> {
        Ok(Book::read(&self.ledger_path())?)
    }

    /// The file of the ledger.
    pub fn ledger_path(&self) -> PathBuf {
        self.folder.join(LEDGER)
    }

    /// Opens the ledger.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn ledger(&self) -> Result<Ledger, Failure> {
        ledger(&self.folder)
    }

    /// What the pools that were shut down have reported.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn shutdowns(&self) -> Result<Shutdown, Failure> {
        shutdowns::sum(&self.folder)
    }
}

/// Opens the ledger in the folder of a campaign.
///
/// # Errors
/// When the system refuses.
pub fn ledger(folder: &Path) -> Result<Ledger, Failure> {
    Ok(Ledger::open(folder.join(LEDGER))?)
}

/// Cargo puts all programs of this crate into one folder, and tests into a folder in it.
fn beside_this_one(program: &str) -> Result<PathBuf, Failure> {
    let this = std::env::current_exe()?;
    let folders = this.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join(program)).find(|program| program.is_file());
    found.ok_or_else(|| {
        format!("there is no {program}; build it: cargo build -p fang-campaigns --bins").into()
    })
}

impl Drop for World {
    fn drop(&mut self) {
        if !self.is_kept.load(Ordering::Relaxed) {
            // A leftover is no reason to fail.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}
