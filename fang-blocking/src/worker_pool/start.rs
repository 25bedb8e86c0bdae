use super::WorkerPool;
use crate::backend::Backend;
use crate::block_on::block_on;
use crate::claimer::Claimer;
use crate::crons::CronKeeper;
use crate::ear::{Bell, Ear};
use crate::engine::{Engine, Order};
use crate::finisher::Finisher;
use crate::heart::Heart;
use crate::holder::{Holders, Settlers};
use crate::pruner::Pruner;
use crate::supervisor::{Supervisor, Workers};
use crate::waiting::{Notify, Part, no_thread};
use crossbeam_channel::{Receiver, Sender, unbounded};
use fang_core::claiming::Claiming;
use fang_core::context::Surroundings;
use fang_core::hold::may_hold;
use fang_core::kind::check_names;
use fang_core::pool::Phase;
use fang_core::results::Finished;
use fang_core::rota::{self, Rota, Share};
use fang_core::runs::Runs;
use fang_core::shared::Shared;
use fang_core::store::{CAME_BACK, CRONS, LISTENS_ANEW};
use fang_core::suspects::Suspects;
use fang_core::wake::Registration;
use fang_core::{Mode, QueueError, Runnable, StoreError};
use std::sync::{Arc, PoisonError};

/// A pool that runs.
pub(super) struct Running {
    pub(super) engine: Arc<Engine>,
    /// To tell workers to leave; the claimer sends the jobs.
    pub(super) orders: Sender<Order>,
    pub(super) jobs: Receiver<Order>,
    pub(super) results: Sender<Finished>,
    pub(super) changed: Arc<Notify>,
    pub(super) claimer: Part,
    pub(super) workers: Workers,
    pub(super) settlers: Settlers,
    pub(super) finisher: Part,
    pub(super) heart: Part,
}

impl<Q: Backend> WorkerPool<Q> {
    /// The parts, from the store to the workers and back: claimer, workers, finisher; and beside
    /// them the heart, the crons and the pruner.
    pub(super) fn launch(&self) -> Result<Running, QueueError> {
        let number_of_workers = self.number_of_workers as usize;
        if number_of_workers == 0 {
            return Err(QueueError::NoWorkers);
        }
        self.lease.check()?;
        check_names::<dyn Runnable>()?;
        let shares = rota::shares(&self.task_types, &self.task_type);
        rota::check(&shares)?;
        let (ear, bell) = Ear::new().map_err(no_thread)?;
        let engine = self.engine(shares, bell)?;
        let launched = self.launch_parts(&engine, ear, number_of_workers);
        if launched.is_err() {
            // Those that were started end.
            engine.phase.set(Phase::Stopped);
            engine.bell.interrupt();
        }
        launched
    }

    /// The claimer comes last: once it claims, all others are there.
    fn launch_parts(
        &self,
        engine: &Arc<Engine>,
        ear: Ear,
        number_of_workers: usize,
    ) -> Result<Running, QueueError> {
        let heart = Heart::new(engine.clone(), ear, self.lease).start()?;
        let (orders, jobs) = unbounded();
        let (results, to_finisher) = unbounded();
        let (closing, closed) = unbounded();
        *engine.closing.lock().unwrap_or_else(PoisonError::into_inner) = Some(closing);
        let changed = Arc::new(Notify::default());
        let wakes = register_wakes(engine, &changed);

        let finisher = Finisher { engine: engine.clone(), results: to_finisher, closing: closed };
        let supervisor = Supervisor {
            engine: engine.clone(),
            number_of_workers,
            niceness: self.niceness,
            jobs: jobs.clone(),
            results: results.clone(),
        };
        let crons = CronKeeper { engine: engine.clone(), changed: changed.clone() };
        let pruner = Pruner { engine: engine.clone(), older_than: self.prune_after };
        let suspects = Suspects::new(self.lease.max_crashes);
        let rota = Rota::new(Mode::Blocking, &engine.shares, number_of_workers, &self.sleep_params);
        let may_hold = may_hold(self.hold_short_tasks, self.retention_mode);
        let (holders, settlers) = Holders::start(engine, may_hold, &results)?;
        let claiming = Claiming::new(rota, suspects);
        let claimer = Claimer::new(engine.clone(), orders.clone(), results.clone(), claiming, holders);

        let finisher = spawn("fang-finisher", || finisher.run())?;
        let workers = supervisor.start().map_err(no_thread)?;
        crons.look();
        spawn("fang-crons", || crons.run())?;
        spawn("fang-pruner", || pruner.run())?;
        let claimer = spawn("fang-claimer", || {
            claimer.run();
            drop(wakes);
        })?;
        Ok(Running {
            engine: engine.clone(),
            orders,
            jobs,
            results,
            changed,
            claimer,
            workers,
            settlers,
            finisher,
            heart,
        })
    }

    fn engine(&self, shares: Vec<Share>, bell: Bell) -> Result<Arc<Engine>, QueueError> {
        let store = self.queue.engine()?;
        block_on(store.check())?;
        let surroundings = Surroundings {
            state: self.state.clone(),
            runs: Runs::default(),
            retention: self.retention_mode,
            tables: store.tables(),
        };
        let (queue, kinds) = (self.queue.handle()?, self.kinds.clone());
        let shared = Shared::new(surroundings, shares, kinds);
        let engine = Engine::new(store, queue, shared, bell);
        engine.resize(self.number_of_workers as usize);
        Ok(Arc::new(engine))
    }
}

impl Running {
    /// More workers start at once; of those that are too many, each ends before it would begin a task that is claimed
    /// from now on.
    pub(super) fn resize(&self, number_of_workers: usize) -> Result<(), StoreError> {
        let before = self.engine.resize(number_of_workers);
        self.workers.hire(number_of_workers.saturating_sub(before)).map_err(no_thread)?;
        for _ in number_of_workers..before {
            let _ = self.orders.send(Order::Leave);
        }
        // The claimer may wait for a number of free workers that has become another.
        self.engine.notify.room();
        Ok(())
    }
}

fn register_wakes(engine: &Arc<Engine>, changed: &Arc<Notify>) -> Vec<Registration> {
    let wakes = engine.store.wakes();
    let changed = changed.clone();
    let mut all = vec![wakes.register(CRONS, move |_| changed.inserted())];
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

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<Part, StoreError> {
    Part::spawn(name, run).map_err(no_thread)
}
