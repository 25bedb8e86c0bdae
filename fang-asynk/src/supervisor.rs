//! Keeps the workers of a pool alive.

use crate::engine::{Engine, Order};
use crate::executor;
use fang_core::pool::Phase;
use fang_core::results::Finished;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How long aborted tasks may take to end. One that never awaits cannot be aborted.
const ABORT_GRACE: Duration = Duration::from_secs(1);

pub(crate) struct Supervisor {
    pub(crate) engine: Arc<Engine>,
    pub(crate) number_of_workers: usize,
    /// So many more are wanted.
    pub(crate) hire: mpsc::UnboundedReceiver<usize>,
    pub(crate) jobs: async_channel::Receiver<Order>,
    pub(crate) results: mpsc::UnboundedSender<Finished>,
}

impl Supervisor {
    /// Runs the workers until all have ended; returns how many could not be stopped.
    pub(crate) async fn run(mut self) -> usize {
        let mut workers = JoinSet::new();
        self.spawn(self.number_of_workers, &mut workers);
        let mut aborting = self.engine.phase.subscribe();
        loop {
            tokio::select! {
                ended = workers.join_next() => match ended {
                    None => return 0,
                    Some(Ok(())) => {}
                    Some(Err(_)) => {
                        log::error!("a worker died and is replaced");
                        self.spawn(1, &mut workers);
                    }
                },
                Some(more) = self.hire.recv() => self.spawn(more, &mut workers),
                _ = aborting.wait_for(|phase| *phase >= Phase::Aborting) => break,
            }
        }
        abort(workers).await
    }

    fn spawn(&self, count: usize, workers: &mut JoinSet<()>) {
        for _ in 0..count {
            workers.spawn(work(self.engine.clone(), self.jobs.clone(), self.results.clone()));
        }
    }
}

/// One worker: runs one task after the other, until there will be no more, or fewer workers are wanted.
async fn work(
    engine: Arc<Engine>,
    jobs: async_channel::Receiver<Order>,
    results: mpsc::UnboundedSender<Finished>,
) {
    while let Ok(Order::Run(job)) = jobs.recv().await {
        if engine.owns(&job) {
            executor::execute(&engine, job, results.clone()).await;
        }
        // A row of tasks that never wait must not keep its thread from everybody else.
        tokio::task::coop::consume_budget().await;
    }
}

/// How long a part pauses that has panicked.
const PANIC_PAUSE: Duration = Duration::from_secs(1);

/// Says that a part of the pool has panicked, and pauses before it goes on: none but the workers run
/// the application's code, so that is a defect, which must not stop the pool without a word.
pub(crate) async fn panicked(name: &str) {
    log::error!("the {name} panicked and goes on");
    tokio::time::sleep(PANIC_PAUSE).await;
}

async fn abort(mut workers: JoinSet<()>) -> usize {
    workers.abort_all();
    let all_ended = async { while workers.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(ABORT_GRACE, all_ended).await;
    let left = workers.len();
    // They end when their tasks let them; dropping the set would not stop them sooner.
    workers.detach_all();
    left
}
