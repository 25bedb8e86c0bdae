//! The heavy half: a pool of OS threads in the process of the tokio tasks.

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

/// How often the threads look for digests. A subscriber waits for a delivery, nobody for a digest: woken for each, they
/// would ask the database at the very moment at which the deliveries of the same feed begin.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The pool that runs the digests.
pub(crate) struct Threads(WorkerPool<Queue>);

impl Threads {
    /// It waits for the database, which nothing on the runtime may do: it starts and ends beside it.
    pub(crate) async fn start(app: &App, args: &Args, uri: &str) -> Result<Self, FangError> {
        let (uri, threads) = (uri.to_owned(), args.threads);
        let (niceness, lease) = (args.niceness, lease(args));
        let figures = app.figures.clone();
        let start = spawn_blocking(move || {
            // A connection for each thread: none waits for another.
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
            eprintln!("feeds: the threads did not end in good order: {error}");
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

/// The commit of a digest need not wait for the disk: that of its task's result does, which comes later
/// in the same log and brings along all that was written before. What is lost in between runs again.
#[derive(Debug)]
struct Unhurried;

impl CustomizeConnection<PgConnection, r2d2::Error> for Unhurried {
    fn on_acquire(&self, connection: &mut PgConnection) -> Result<(), r2d2::Error> {
        connection.batch_execute("SET synchronous_commit = off").map_err(r2d2::Error::QueryError)
    }
}
