use super::AsyncWorkerPool;
use crate::backend::AsyncBackend;
use crate::claimer::Claimer;
use crate::crons::CronKeeper;
use crate::engine::{Engine, Order};
use crate::finisher::Finisher;
use crate::heart::Heart;
use crate::holder::Holders;
use crate::pruner::Pruner;
use crate::supervisor::Supervisor;
use fang_core::claiming::Claiming;
use fang_core::context::Surroundings;
use fang_core::hold::may_hold;
use fang_core::kind::check_names;
use fang_core::results::Finished;
use fang_core::rota::{self, Rota, Share};
use fang_core::runs::Runs;
use fang_core::shared::Shared;
use fang_core::store::{CAME_BACK, CRONS, LISTENS_ANEW};
use fang_core::suspects::Suspects;
use fang_core::wake::Registration;
use fang_core::{AsyncRunnable, Mode, QueueError};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

/// A pool that runs.
pub(super) struct Running {
    pub(super) engine: Arc<Engine>,
    /// To tell workers to leave; the claimer sends the jobs.
    orders: async_channel::Sender<Order>,
    hire: mpsc::UnboundedSender<usize>,
    pub(super) jobs: async_channel::Receiver<Order>,
    pub(super) results: mpsc::UnboundedSender<Finished>,
    pub(super) claimer: JoinHandle<()>,
    pub(super) supervisor: JoinHandle<usize>,
    /// Closed once nothing is held any more.
    pub(super) settled: mpsc::Receiver<Infallible>,
    pub(super) finisher: JoinHandle<()>,
    pub(super) heart: std::thread::JoinHandle<()>,
}

impl<Q: AsyncBackend> AsyncWorkerPool<Q> {
    /// The parts, from the store to the workers and back: claimer, workers, finisher; and beside
    /// them the heart, the crons and the pruner.
    pub(super) async fn launch(&self) -> Result<Running, QueueError> {
        let number_of_workers = self.number_of_workers as usize;
        if number_of_workers == 0 {
            return Err(QueueError::NoWorkers);
        }
        self.lease.check()?;
        check_names::<dyn AsyncRunnable>()?;
        let shares = rota::shares(&self.task_types, &self.task_type);
        rota::check(&shares)?;
        let engine = self.engine(shares).await?;
        let (body, heart_s_end) = mpsc::channel(1);
        let heart = Heart::new(engine.clone(), self.lease, heart_s_end).start().await?;

        let (orders, jobs) = async_channel::unbounded();
        let (hire, hired) = mpsc::unbounded_channel();
        let (results, to_finisher) = mpsc::unbounded_channel();
        let changed = Arc::new(Notify::new());
        let wakes = register_wakes(&engine, &changed);

        let suspects = Suspects::new(self.lease.max_crashes);
        let rota = Rota::new(Mode::Asynk, &engine.shares, number_of_workers, &self.sleep_params);
        let (alive, settled) = mpsc::channel(1);
        let may_hold = may_hold(self.hold_short_tasks, self.retention_mode);
        let holders = Holders::new(&engine, may_hold, results.clone(), alive);
        let claiming = Claiming::new(rota, suspects);
        let claimer = Claimer::new(engine.clone(), orders.clone(), results.clone(), claiming, holders);
        let supervisor = Supervisor {
            engine: engine.clone(),
            number_of_workers,
            hire: hired,
            jobs: jobs.clone(),
            results: results.clone(),
        };
        let finisher = Finisher { engine: engine.clone(), results: to_finisher };
        let crons = CronKeeper { engine: engine.clone(), changed };
        let pruner = Pruner { engine: engine.clone(), older_than: self.prune_after };
        crons.look().await;
        tokio::spawn(crons.run());
        tokio::spawn(pruner.run());
        Ok(Running {
            engine,
            orders,
            hire,
            jobs,
            results,
            claimer: tokio::spawn(async move {
                claimer.run().await;
                drop(wakes);
            }),
            supervisor: tokio::spawn(supervisor.run()),
            settled,
            finisher: tokio::spawn(async move {
                finisher.run().await;
                drop(body);
            }),
            heart,
        })
    }

    async fn engine(&self, shares: Vec<Share>) -> Result<Arc<Engine>, QueueError> {
        let store = self.queue.engine()?;
        store.check().await?;
        let surroundings = Surroundings {
            state: self.state.clone(),
            runs: Runs::default(),
            retention: self.retention_mode,
            tables: store.tables(),
        };
        let (queue, kinds) = (self.queue.handle()?, self.kinds.clone());
        let shared = Shared::new(surroundings, shares, kinds);
        let engine = Engine::new(store, queue, shared, self.cancel_grace);
        engine.resize(self.number_of_workers as usize);
        Ok(Arc::new(engine))
    }
}

impl Running {
    /// More workers start at once; of those that are too many, each ends before it would begin a task that is claimed
    /// from now on.
    pub(super) fn resize(&self, number_of_workers: usize) {
        let before = self.engine.resize(number_of_workers);
        if number_of_workers > before {
            let _ = self.hire.send(number_of_workers - before);
        }
        for _ in number_of_workers..before {
            let _ = self.orders.try_send(Order::Leave);
        }
        // The claimer may wait for a number of free workers that has become another.
        self.engine.room.notify_one();
    }
}

fn register_wakes(engine: &Arc<Engine>, changed: &Arc<Notify>) -> Vec<Registration> {
    let wakes = engine.store.wakes();
    let changed = changed.clone();
    let mut all = vec![wakes.register(CRONS, move |_| changed.notify_one())];
    let pool = engine.clone();
    all.push(wakes.register(CAME_BACK, move |_| pool.came_back()));
    let pool = engine.clone();
    all.push(wakes.register(LISTENS_ANEW, move |_| pool.may_be_forgotten()));
    for (turn, share) in engine.shares.iter().enumerate() {
        let woken = engine.clone();
        all.push(wakes.register(&share.task_type, move |announced| woken.inserted(turn, announced)));
    }
    all
}
