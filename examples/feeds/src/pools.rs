use crate::app::App;
use crate::args::Args;
use crate::threads::Threads;
use crate::{deliver, sync_feed};
use fang::{AsyncQueue, AsyncWorkerPool, FangError, Lease, NoTls};
use std::time::Duration;

/// How long tasks may still run after Ctrl-C. Longer than a fetch may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(8);

/// A pool for each task type: two of tokio tasks, and one of threads.
pub(crate) struct Pools {
    feeds: AsyncWorkerPool<AsyncQueue<NoTls>>,
    deliveries: AsyncWorkerPool<AsyncQueue<NoTls>>,
    digests: Option<Threads>,
}

impl Pools {
    pub(crate) async fn start(app: &App, args: &Args, uri: &str) -> Result<Self, FangError> {
        let mut pools = Self {
            feeds: pool(app, args, sync_feed::TASK_TYPE),
            deliveries: pool(app, args, deliver::TASK_TYPE),
            digests: if args.threads > 0 { Some(Threads::start(app, args, uri).await?) } else { None },
        };
        pools.feeds.start().await?;
        pools.deliveries.start().await?;
        Ok(pools)
    }

    /// Stops the pools. Running tasks may end. Waiting tasks stay in the queue for the next start.
    pub(crate) async fn shutdown(mut self) {
        let digests = async {
            if let Some(threads) = self.digests {
                threads.shutdown().await;
            }
        };
        tokio::join!(self.feeds.shutdown(DEADLINE), self.deliveries.shutdown(DEADLINE), digests);
    }
}

fn pool(app: &App, args: &Args, task_type: &str) -> AsyncWorkerPool<AsyncQueue<NoTls>> {
    AsyncWorkerPool::builder()
        .number_of_workers(args.workers)
        .queue(app.queue.clone())
        .task_type(task_type)
        .lease(lease(args))
        .state(app.clone())
        .build()
}

pub(crate) fn lease(args: &Args) -> Lease {
    Lease::new(Duration::from_secs(args.lease_seconds))
}
