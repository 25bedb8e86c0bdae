//! Keeps the workers of a pool alive.

use super::executor;
use crate::handle::Handle;
use fang_engine::observed::observed;
use fang_engine::phase::Phase;
use fang_engine::state::Pool;
use fang_engine::workers::Order;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How long to wait for aborted tasks to end. A task that never awaits cannot be aborted.
const ABORT_GRACE: Duration = Duration::from_secs(1);

pub(super) struct Supervisor {
    pub(super) pool: Arc<Pool>,
    /// The queue as tasks use it.
    pub(super) queue: Handle,
    /// The number of workers at the start. Read before the supervisor first runs, since the pool may be resized by
    /// then.
    pub(super) number: usize,
    /// Receives how many more workers to start.
    pub(super) hire: mpsc::UnboundedReceiver<usize>,
    pub(super) orders: async_channel::Receiver<Order>,
}

impl Supervisor {
    /// Runs the workers until all have ended. Returns how many of them could not be stopped.
    pub(super) async fn run(mut self) -> usize {
        let mut workers = JoinSet::new();
        self.spawn(self.number, &mut workers);
        let pool = self.pool.clone();
        loop {
            tokio::select! {
                ended = workers.join_next() => match ended {
                    None => return 0,
                    Some(Ok(())) => {}
                    Some(Err(_)) => {
                        observed(|| log::error!("a worker died from a panic; another one replaces it"));
                        self.spawn(1, &mut workers);
                    }
                },
                Some(more) = self.hire.recv() => self.spawn(more, &mut workers),
                () = pool.phase.reached(Phase::Aborting) => return abort(workers).await,
            }
        }
    }

    fn spawn(&self, count: usize, workers: &mut JoinSet<()>) {
        for _ in 0..count {
            workers.spawn(work(self.pool.clone(), self.queue.clone(), self.orders.clone()));
        }
    }
}

/// One worker: runs one task after the other, until the channel closes or it is told to leave.
async fn work(pool: Arc<Pool>, queue: Handle, orders: async_channel::Receiver<Order>) {
    while let Ok(Order::Run(job)) = orders.recv().await {
        if pool.owns(&job) {
            executor::execute(&pool, &queue, job).await;
        }
        // Lets other tokio tasks run even if no task of this worker ever waits.
        tokio::task::coop::consume_budget().await;
    }
}

async fn abort(mut workers: JoinSet<()>) -> usize {
    workers.abort_all();
    let all_ended = async { while workers.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(ABORT_GRACE, all_ended).await;
    let left = workers.len();
    // Dropping the set would not stop them sooner: they end when their tasks reach an `await`.
    workers.detach_all();
    left
}
