use super::WorkerPool;
use crate::backend::Backend;
use crate::claimer::Claimer;
use crate::crons::CronKeeper;
use crate::engine::{Engine, Job};
use crate::finisher::Finisher;
use crate::heart::Heart;
use crate::pruner::Pruner;
use crate::supervisor::{Supervisor, Workers};
use crate::waiting::{Notify, Part, no_thread};
use crossbeam_channel::{Receiver, Sender, unbounded};
use fang_core::context::Surroundings;
use fang_core::kind::check_names;
use fang_core::pace::Pace;
use fang_core::pool::Phase;
use fang_core::results::Finished;
use fang_core::store::CRONS;
use fang_core::suspects::Suspects;
use fang_core::wake::Registration;
use fang_core::{QueueError, Runnable, StoreError};
use std::sync::{Arc, PoisonError};

/// A pool that runs.
pub(super) struct Running {
    pub(super) engine: Arc<Engine>,
    pub(super) jobs: Receiver<Job>,
    pub(super) results: Sender<Finished>,
    pub(super) changed: Arc<Notify>,
    pub(super) claimer: Part,
    pub(super) workers: Workers,
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
        let engine = self.engine()?;
        let launched = self.launch_parts(&engine, number_of_workers);
        if launched.is_err() {
            // Those that were started end.
            engine.phase.set(Phase::Stopped);
        }
        launched
    }

    /// The claimer comes last: once it claims, all others are there.
    fn launch_parts(&self, engine: &Arc<Engine>, number_of_workers: usize) -> Result<Running, QueueError> {
        let heart = Heart::new(engine.clone(), self.lease).start()?;
        let (to_workers, jobs) = unbounded();
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
        let pace = Pace::new(number_of_workers, self.sleep_params.clone());
        let claimer = Claimer::new(engine.clone(), to_workers, results.clone(), pace, suspects);

        let finisher = spawn("fang-finisher", || finisher.run())?;
        let workers = supervisor.start().map_err(no_thread)?;
        crons.look();
        spawn("fang-crons", || crons.run())?;
        spawn("fang-pruner", || pruner.run())?;
        let claimer = spawn("fang-claimer", || {
            claimer.run();
            drop(wakes);
        })?;
        Ok(Running { engine: engine.clone(), jobs, results, changed, claimer, workers, finisher, heart })
    }

    fn engine(&self) -> Result<Arc<Engine>, QueueError> {
        let store = self.queue.engine()?;
        store.check()?;
        let surroundings = Surroundings {
            task_type: self.task_type.as_str().into(),
            state: Arc::new(self.state.clone()),
            stopping: Arc::default(),
        };
        Ok(Arc::new(Engine::new(
            store,
            self.queue.handle()?,
            surroundings,
            self.retention_mode,
            self.kinds.clone(),
        )))
    }
}

fn register_wakes(engine: &Arc<Engine>, changed: &Arc<Notify>) -> [Registration; 2] {
    let wakes = engine.store.wakes();
    let (woken, changed) = (engine.clone(), changed.clone());
    let task_type = engine.surroundings.task_type.clone();
    [
        wakes.register(&task_type, move || woken.notify.inserted()),
        wakes.register(CRONS, move || changed.inserted()),
    ]
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<Part, StoreError> {
    Part::spawn(name, run).map_err(no_thread)
}
