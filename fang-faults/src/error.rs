//! The errors of a crash test.

use fang_core::QueueError;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// The error of the closure that inserts tasks: any.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a crash test could not be carried out. A broken promise is no error but an entry of the report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaultsError {
    /// A worker could not be started.
    #[error("the worker {} cannot be started; check the path: {source}", program.display())]
    Start {
        /// Its program.
        program: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// Workers end by themselves before any task has run.
    #[error("workers end by themselves before a task has run ({status}); see {}", log.display())]
    Ends {
        /// How the last one ended.
        status: ExitStatus,
        /// What they wrote.
        log: PathBuf,
    },
    /// Tasks were acknowledged, and the ledger has no run at all.
    #[error(
        "no worker has recorded a run; add `.middleware(fang_faults::Ledger::from_env())` to each of its pools, and see \
         {} for why none ran",
        log.display()
    )]
    NoRuns {
        /// What the workers wrote.
        log: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The ledger has a line that no ledger writes.
    #[error("the ledger {} has a line of an unknown form: {line:?}", path.display())]
    Line {
        /// The ledger.
        path: PathBuf,
        /// The line.
        line: String,
    },
    /// A process cannot be reached by signals, or a port is not free.
    #[error("the system refuses: {0}")]
    System(#[from] io::Error),
    /// The queue failed when it was asked for a task.
    #[error("the queue fails: {0}")]
    Queue(#[from] QueueError),
    /// The closure that inserts tasks failed.
    #[error("the inserts fail: {0}")]
    Inserts(#[source] BoxError),
    /// The URI has no host that is reached over TCP, or a parameter names another one.
    #[error(
        "the URI for the proxy must begin with postgres://, then have a host that is reached over TCP, and no parameter \
         `host`, `hostaddr` or `port`; write it as postgres://user@127.0.0.1:5432/database"
    )]
    BadUri,
    /// A fault of the network was asked for, and no proxy is there.
    #[error("faults of the network need a proxy; add `.through_proxy(variable, uri)`")]
    NoProxy,
    /// A thread of the crash test panicked.
    #[error("a thread of the crash test panicked; its message is in the output")]
    Panicked,
}

impl FaultsError {
    pub(crate) fn file(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
