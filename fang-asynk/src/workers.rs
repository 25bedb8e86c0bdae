//! The workers of this mode: tokio tasks.

mod executor;
mod supervisor;

use crate::handle::Handle;
use fang_engine::runtime::BoxFuture;
use fang_engine::signal::{Latch, SetAtEnd};
use fang_engine::state::{Job, Pool, Unfinished};
use fang_engine::workers::{Order, Workers};
use std::io;
use std::sync::Arc;
use supervisor::Supervisor;
use tokio::sync::mpsc;

/// The workers of a pool.
pub(crate) struct TokioWorkers {
    pool: Arc<Pool>,
    orders: async_channel::Sender<Order>,
    waiting: async_channel::Receiver<Order>,
    hire: mpsc::UnboundedSender<usize>,
    /// Set once all workers have ended.
    ended: Arc<Latch>,
    /// Receives how many workers could not be stopped.
    left: async_channel::Receiver<usize>,
}

impl TokioWorkers {
    /// Starts the workers of a pool.
    pub(crate) fn start(pool: &Arc<Pool>, queue: Handle) -> Arc<dyn Workers> {
        let (orders, waiting) = async_channel::unbounded();
        let (hire, hired) = mpsc::unbounded_channel();
        let (tell, left) = async_channel::bounded(1);
        let ended = Arc::<Latch>::default();
        let supervisor = Supervisor {
            pool: pool.clone(),
            queue,
            number: pool.state.workers(),
            hire: hired,
            orders: waiting.clone(),
        };
        let of_all = SetAtEnd::new(&ended);
        tokio::spawn(async move {
            let left = supervisor.run().await;
            drop(of_all);
            let _ = tell.send(left).await;
        });
        Arc::new(Self { pool: pool.clone(), orders, waiting, hire, ended, left })
    }
}

impl Workers for TokioWorkers {
    fn run(&self, job: Arc<Job>) {
        // The channel is unbounded, since the claimer limits how much it claims.
        if let Err(refused) = self.orders.try_send(Order::Run(job))
            && let Order::Run(job) = refused.into_inner()
        {
            // A slow claim has returned after the workers ended.
            Unfinished::new(self.pool.clone(), job).hand_back();
        }
    }

    fn resize(&self, before: usize, after: usize) -> io::Result<()> {
        if after > before {
            let _ = self.hire.send(after - before);
        }
        for _ in after..before {
            let _ = self.orders.try_send(Order::Leave);
        }
        Ok(())
    }

    fn take_waiting(&self) -> Vec<Arc<Job>> {
        let orders = std::iter::from_fn(|| self.waiting.try_recv().ok());
        let (jobs, leaving) = Order::sort(orders);
        for order in leaving {
            let _ = self.orders.try_send(order);
        }
        jobs
    }

    fn close(&self) -> Vec<Arc<Job>> {
        self.waiting.close();
        self.take_waiting()
    }

    fn ended(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.ended.wait())
    }

    fn abort(&self) -> BoxFuture<'_, usize> {
        // The supervisor aborts the workers when the pool reaches that phase.
        Box::pin(async { self.left.recv().await.unwrap_or_default() })
    }
}
