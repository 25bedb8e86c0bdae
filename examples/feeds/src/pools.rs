use crate::app::App;
use crate::args::Args;
use crate::{deliver, sync_feed};
use fang::{AsyncQueue, AsyncWorkerPool, FangError, Lease, NoTls};
use std::time::Duration;

/// How long tasks may run on after Ctrl-C; longer than a fetch may take.
const DEADLINE: Duration = Duration::from_secs(8);

/// A pool for each lane, on one queue.
pub(crate) struct Pools {
    feeds: AsyncWorkerPool<AsyncQueue<NoTls>>,
    deliveries: AsyncWorkerPool<AsyncQueue<NoTls>>,
}

impl Pools {
    pub(crate) async fn start(app: &App, args: &Args) -> Result<Self, FangError> {
        let mut pools = Self {
            feeds: pool(app, args, sync_feed::LANE), //
            deliveries: pool(app, args, deliver::LANE),
        };
        pools.feeds.start().await?;
        pools.deliveries.start().await?;
        Ok(pools)
    }

    /// Lets what runs come to its end. What waits stays in the queue, for the next start.
    pub(crate) async fn shutdown(mut self) {
        tokio::join!(self.feeds.shutdown(DEADLINE), self.deliveries.shutdown(DEADLINE));
    }
}

fn pool(app: &App, args: &Args, lane: &str) -> AsyncWorkerPool<AsyncQueue<NoTls>> {
    let dead_after = Duration::from_secs(args.lease_seconds);
    AsyncWorkerPool::builder()
        .number_of_workers(args.workers)
        .queue(app.queue.clone())
        .task_type(lane)
        .lease(Lease::new(dead_after))
        .state(app.clone())
        .build()
}
