//! The ledger: a file of what processes did, outside of Postgres.

mod around;
mod saved;

use crate::{FaultsError, clock};
use fang_core::{FangError, Run};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

pub use around::Outcome;
pub use saved::Saved;

/// The ledger: a file outside of Postgres that records which inserts were acknowledged, and which runs began and ended.
/// Cheap to clone.
///
/// A worker records its runs with one line, in either mode. It does nothing unless a [`Campaign`](crate::Campaign)
/// started the process:
///
/// ```no_run
/// use fang::{AsyncQueue, AsyncWorkerPool, FangError};
///
/// #[tokio::main]
/// async fn main() -> Result<(), FangError> {
///     let uri = std::env::var("DATABASE_URL").map_err(|error| FangError::new(error.to_string()))?;
///     let queue = AsyncQueue::no_tls().uri(uri).build();
///     let mut pool = AsyncWorkerPool::builder()
///         .number_of_workers(10)
///         .queue(queue)
///         .middleware(fang_faults::Ledger::from_env())
///         .build();
///     pool.run_until_signal().await?;
///     Ok(())
/// }
/// ```
///
/// Make it the first middleware of the pool, so that it sees the result after all other middleware. If the ledger
/// cannot be opened or written, the run fails with an error that says so.
///
/// Several processes can share the file. What was written survives `kill -9` of the process, but not a power failure.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Option<Arc<Open>>);

/// A ledger that records, or says why it cannot.
#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: io::Result<File>,
}

impl Ledger {
    /// The environment variable that names the file: `FANG_LEDGER`.
    pub const VARIABLE: &'static str = "FANG_LEDGER";

    /// The ledger that the environment variable `FANG_LEDGER` names. Records nothing if the variable is not set.
    pub fn from_env() -> Self {
        Self(std::env::var_os(Self::VARIABLE).map(|path| Arc::new(Open::new(PathBuf::from(path)))))
    }

    /// Opens the ledger in this file, and creates the file if needed.
    ///
    /// # Errors
    /// [`FaultsError::File`] when the system refuses.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FaultsError> {
        let Open { path, file } = Open::new(path.into());
        let file = Ok(file.map_err(FaultsError::file(&path))?);
        Ok(Self(Some(Arc::new(Open { path, file }))))
    }

    /// The file. `None` if nothing is recorded.
    pub fn path(&self) -> Option<&Path> {
        self.0.as_ref().map(|open| open.path.as_path())
    }

    /// Records that the inserts of these tasks are about to be sent. This is optional: if no answer comes, the report
    /// says "unanswered" instead of "without an insert". The program must choose the ids itself, by
    /// [`NewTask::with_id`](fang_core::NewTask::with_id).
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn wanted(&self, ids: impl IntoIterator<Item = Uuid>) -> io::Result<()> {
        self.inserts("want", ids.into_iter())
    }

    /// Records that these tasks were acknowledged: their insert returned `Ok`, or the transaction with it was
    /// committed. From here on they must not be lost. Takes what the queue returned, or ids.
    ///
    /// Call it at once after the insert, before the program reports to anyone that the task is saved. If the program is
    /// killed between the two, the task counts as unanswered. Do not call it from a listener of
    /// [`Event::Inserted`](https://docs.rs/fang/latest/fang/enum.Event.html): that runs later, on another thread, and a
    /// kill may come first.
    ///
    /// ```
    /// # use fang::{Queueable, blocking::MemoryQueue};
    /// # use fang_faults::Ledger;
    /// #[fang::task]
    /// fn welcome(user: i64) {}
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (queue, ledger) = (MemoryQueue::new(), Ledger::default());
    /// ledger.acknowledged([queue.insert(welcome(7))?])?;
    /// ledger.acknowledged(queue.insert_tasks(vec![welcome(8), welcome(9)])?)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn acknowledged(&self, tasks: impl IntoIterator<Item = impl Saved>) -> io::Result<()> {
        self.inserts("acked", tasks.into_iter())
    }

    /// Records that these tasks must never run: the transaction of their insert will be rolled back, or was.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn rolled_back(&self, ids: impl IntoIterator<Item = Uuid>) -> io::Result<()> {
        self.inserts("rolled-back", ids.into_iter())
    }

    /// Records that these tasks may fail for good. Such a task counts as lost only if it never ran and no row says that it
    /// failed.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn may_fail(&self, ids: impl IntoIterator<Item = Uuid>) -> io::Result<()> {
        self.inserts("may-fail", ids.into_iter())
    }

    /// Records that the program may cancel or remove these tasks. Then they are never lost, not even if they never ran.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn may_be_removed(&self, ids: impl IntoIterator<Item = Uuid>) -> io::Result<()> {
        self.inserts("may-be-removed", ids.into_iter())
    }

    /// Records facts of tasks, all in one write.
    fn inserts(&self, fact: &str, tasks: impl Iterator<Item = impl Saved>) -> io::Result<()> {
        let Some(open) = &self.0 else { return Ok(()) };
        let now = clock::now();
        let lines = tasks.fold(String::new(), |mut lines, task| {
            let (id, kind) = (task.id().simple(), word(task.kind().unwrap_or_default()));
            // Writing to a string never fails.
            let _ = write!(lines, "\n{fact} {id} {now} {kind} ;");
            lines
        });
        open.append(&lines)
    }
}

impl Open {
    fn new(path: PathBuf) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(&path);
        Self { path, file }
    }

    fn begin(&self, run: &Run) -> Result<(), FangError> {
        let (id, lease, attempt) = (run.id().simple(), run.lease(), run.attempt());
        let (pid, now, kind) = (std::process::id(), clock::now(), run.kind());
        let kind = word(&kind);
        self.append(&format!("\nstart {id} {lease} {attempt} {pid} {now} {kind} ;"))
            .map_err(|e| self.broken(&e))
    }

    fn end(&self, id: Uuid, lease: i32, outcome: Outcome) -> Result<(), FangError> {
        let (id, pid, now) = (id.simple(), std::process::id(), clock::now());
        self.append(&format!("\nend {id} {lease} {pid} {now} {} ;", outcome.name()))
            .map_err(|e| self.broken(&e))
    }

    /// Each line has its break before it and a mark at its end, since a kill may leave a part of a line.
    fn append(&self, lines: &str) -> io::Result<()> {
        match &self.file {
            Ok(file) => (&mut &*file).write_all(lines.as_bytes()),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }

    fn broken(&self, error: &io::Error) -> FangError {
        FangError::new(format!("the ledger {} cannot be written: {error}", self.path.display()))
    }
}

/// A kind as the ledger writes it, at the end of a line.
fn word(kind: &str) -> String {
    kind.replace(char::is_control, "?")
}
