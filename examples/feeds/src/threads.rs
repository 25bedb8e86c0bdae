//! The pool of OS threads that runs the heavy tasks, in the same process as the tokio tasks.

use crate::app::{App, SCHEMA};
use crate::args::Args;
use crate::digest_items::{self, Tools};
use crate::pools::{DEADLINE, lease};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{self, ConnectionManager, CustomizeConnection, Pool};
use fang::{FangError, Queue, SleepParams, WorkerPool};
use std::time::Duration;
use tokio::task::spawn_blocking;

/// How often the threads poll for digest tasks. Digests are not urgent. If the threads were woken for each digest,
/// they would query the database at the moment when the deliveries of the same feed begin.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The pool that runs the digest tasks.
pub(crate) struct Threads(WorkerPool<Queue>);

impl Threads {
    /// Starts the pool. This call blocks on the database, so it runs outside of the tokio runtime threads.
    pub(crate) async fn start(app: &App, args: &Args, uri: &str) -> Result<Self, FangError> {
        let (uri, threads) = (uri.to_owned(), args.threads);
        let (niceness, lease) = (args.niceness, lease(args));
        let figures = app.figures.clone();
        let start = spawn_blocking(move || {
            // One connection for each thread, so that no thread waits for a connection.
            let database = Pool::builder().max_size(threads).connection_customizer(Box::new(Unhurried));
            let database = database.build(ConnectionManager::new(&uri))?;
            let queue = Queue::builder().uri(uri).schema(SCHEMA).listen(false).build();
            let mut pool = WorkerPool::builder()
                .number_of_workers(threads)
                .queue(queue)
                .task_type(digest_items::TASK_TYPE)
                .sleep_params(looks())
                .niceness(niceness)
                .lease(lease)
                .state(Tools { database, figures })
                .build();
            pool.start()?;
            Ok(Self(pool))
        });
        start.await.map_err(FangError::from_error)?
    }

    pub(crate) async fn shutdown(mut self) {
        if let Err(error) = spawn_blocking(move || self.0.shutdown(DEADLINE)).await {
            eprintln!("feeds: the pool of threads did not shut down properly: {error}");
        }
    }
}

fn looks() -> SleepParams {
    SleepParams {
        sleep_period: LOOK_EVERY,
        min_sleep_period: LOOK_EVERY,
        max_sleep_period: LOOK_EVERY,
        sleep_step: Duration::ZERO,
    }
}

/// Turns off `synchronous_commit`. The commit of a digest need not wait for the disk. The result of its task is
/// written later to the same log, and its commit flushes both. If the server crashes in between, the task runs
/// again.
#[derive(Debug)]
struct Unhurried;

impl CustomizeConnection<PgConnection, r2d2::Error> for Unhurried {
    fn on_acquire(&self, connection: &mut PgConnection) -> Result<(), r2d2::Error> {
        connection.batch_execute("SET synchronous_commit = off").map_err(r2d2::Error::QueryError)
    }
}
