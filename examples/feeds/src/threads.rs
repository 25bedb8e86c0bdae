//! The heavy half: a pool of OS threads in the process of the tokio tasks.

use crate::app::{App, SCHEMA};
use crate::args::Args;
use crate::digest_item::{self, Tools};
use crate::pools::{DEADLINE, lease};
use diesel::r2d2::{ConnectionManager, Pool};
use fang::{FangError, Lease, Queue, WorkerPool};
use tokio::task::spawn_blocking;

/// The pool that runs the digests.
pub(crate) struct Threads(WorkerPool<Queue>);

impl Threads {
    /// It waits for the database, which nothing on the runtime may do: it starts and ends beside it.
    pub(crate) async fn start(app: &App, args: &Args, uri: &str) -> Result<Self, FangError> {
        let (uri, threads, lease) = (uri.to_owned(), args.threads, lease(args));
        let figures = app.figures.clone();
        let start = spawn_blocking(move || {
            // A connection for each thread: none waits for another.
            let database = Pool::builder().max_size(threads).build(ConnectionManager::new(&uri))?;
            let mut pool = pool(&uri, threads, lease, Tools { database, figures });
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

fn pool(uri: &str, threads: u32, lease: Lease, tools: Tools) -> WorkerPool<Queue> {
    WorkerPool::builder()
        .number_of_workers(threads)
        .queue(Queue::builder().uri(uri).schema(SCHEMA).build())
        .task_type(digest_item::LANE)
        .lease(lease)
        .state(tools)
        .build()
}
