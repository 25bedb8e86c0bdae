//! A crash test of a user's worker.

mod breaker;
mod drive;
mod folder;
mod table;
mod waiting;
mod workers;

pub(crate) use breaker::Broken;

use crate::{BoxError, Fault, FaultsError, Ledger, Report};
use fang_core::{AsyncQueueable, Queueable};
use futures_util::FutureExt;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A crash test: it starts workers, breaks them while tasks are inserted, waits until the tasks are over, and reports.
///
/// The [documentation of the crate](crate) has an example. One fault comes after the other, and each hits one worker,
/// chosen at random. Workers that end by themselves are started again. At the end, or after an error, all processes
/// that are left are killed. If the process of the test ends in any other way, even by SIGKILL, the workers and the
/// processes that they have started are killed at once: each worker is in a process group with a small shell that waits
/// for that.
#[derive(Clone)]
#[must_use = "nothing runs before `run_blocking` or `run_async`"]
pub struct Campaign {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    proxy: Option<(OsString, String)>,
    workers: usize,
    faults: Vec<Fault>,
    every: Duration,
    times: usize,
    seed: Option<u64>,
    inserts_every: Duration,
    over_within: Duration,
    stops_within: Duration,
    folder: Option<PathBuf>,
}

impl Campaign {
    /// A crash test of this worker. In a test of a package, `env!("CARGO_BIN_EXE_worker")` is the path of its binary
    /// `worker`. It must be the worker itself. If it is a script that starts the worker, the script is killed instead.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            proxy: None,
            workers: 4,
            faults: vec![Fault::Kill],
            every: Duration::from_secs(1),
            times: 20,
            seed: None,
            inserts_every: Duration::from_millis(10),
            over_within: Duration::from_secs(120),
            stops_within: Duration::from_secs(30),
            folder: None,
        }
    }

    /// Adds an argument for the worker.
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets an environment variable for the worker, which has those of this process as well.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Puts a proxy between each worker and the database of `uri`, for faults of the network. The worker finds its URI
    /// in the environment variable `name`. Defaults to no proxy.
    pub fn through_proxy(mut self, name: impl Into<OsString>, uri: impl Into<String>) -> Self {
        self.proxy = Some((name.into(), uri.into()));
        self
    }

    /// The number of worker processes. Defaults to 4, and is at least 1.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// The faults to choose from, all with the same chance. Defaults to [`Fault::Kill`] alone. Name one twice to make
    /// it more frequent.
    pub fn faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.faults = faults.into_iter().collect();
        self
    }

    /// The number of faults. Defaults to 20.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// The mean time between two faults. Defaults to 1 s. Each time is drawn between a half and one and a half of it.
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// The seed of the random numbers that choose which worker is hit, by which fault, and when. Defaults to another
    /// seed each time. It is printed at the start and in the report. The same seed makes the same choices, but what the
    /// processes do at that time still differs.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How often the closure that inserts tasks is called while there are faults. Defaults to 10 ms; shorter times than
    /// 5 ms are no faster. To insert more, insert several tasks in each call.
    pub fn inserts_every(mut self, every: Duration) -> Self {
        self.inserts_every = every;
        self
    }

    /// How long to wait after the last fault until all acknowledged tasks are over. Defaults to 2 min. The report
    /// counts tasks that are not over by then, and have not succeeded, as lost.
    pub fn over_within(mut self, limit: Duration) -> Self {
        self.over_within = limit;
        self
    }

    /// How long a worker may take to end after a SIGTERM. Defaults to 30 s. After that it is killed, and the report
    /// counts it.
    pub fn stops_within(mut self, limit: Duration) -> Self {
        self.stops_within = limit;
        self
    }

    /// The folder for the ledger and for the output of the workers (`workers.log`). Those of an earlier test are
    /// replaced. Defaults to a folder for temporary files, which is removed if [the report is clean](Report::is_clean).
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Runs the crash test, in a plain `#[test]`. Calls `inserts` again and again while there are faults, on this
    /// thread: it inserts one task or more, and records each as [acknowledged](Ledger::acknowledged). `queue` is asked
    /// whether those are over.
    ///
    /// # Errors
    /// [`FaultsError`] when the test could not be carried out: a worker cannot be started, an insert fails, or the
    /// queue cannot be reached. Lost tasks are no error: see the report.
    pub fn run_blocking(
        &self,
        queue: &dyn Queueable,
        mut inserts: impl FnMut(&Ledger) -> Result<(), BoxError>,
    ) -> Result<Report, FaultsError> {
        let inserts = async |ledger: &Ledger| inserts(ledger);
        // No part of it waits in any other way than by blocking, so its first poll is its last.
        drive::drive(self, table::Blocking(queue), inserts)
            .now_or_never()
            .unwrap_or(Err(FaultsError::Panicked))
    }

    /// As [`run_blocking`](Self::run_blocking), in the async mode, on any runtime:
    ///
    /// ```no_run
    /// use fang::{AsyncQueue, AsyncQueueable};
    /// use fang_faults::{Campaign, Fault};
    /// use std::time::Duration;
    ///
    /// #[fang::task]
    /// async fn welcome(user: i64) {}
    ///
    /// // As a test: #[tokio::test] async fn deployments_lose_nothing()
    /// #[tokio::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let uri = "postgres://app:secret@localhost/app_test";
    ///     let queue = AsyncQueue::no_tls().uri(uri).build();
    ///     queue.migrate().await?;
    ///     let campaign = Campaign::new("target/debug/worker")
    ///         .through_proxy("DATABASE_URL", uri)
    ///         .faults([Fault::Kill, Fault::Terminate, Fault::Reset, Fault::Blackhole(Duration::from_secs(20))])
    ///         .times(30);
    ///     let report = campaign
    ///         .run_async(&queue, async |ledger| {
    ///             Ok(ledger.acknowledged([queue.insert(welcome(7)).await?])?)
    ///         })
    ///         .await?;
    ///     println!("{report}");
    ///     report.assert_nothing_lost();
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`run_blocking`](Self::run_blocking).
    pub async fn run_async(
        &self,
        queue: &dyn AsyncQueueable,
        inserts: impl AsyncFnMut(&Ledger) -> Result<(), BoxError>,
    ) -> Result<Report, FaultsError> {
        drive::drive(self, table::Asynk(queue), inserts).await
    }
}

/// Without the environment, which may have passwords in it.
impl fmt::Debug for Campaign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Campaign")
            .field("program", &self.program)
            .field("workers", &self.workers)
            .field("faults", &self.faults)
            .field("every", &self.every)
            .field("times", &self.times)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
