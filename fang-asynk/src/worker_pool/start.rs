use super::AsyncWorkerPool;
use crate::backend::AsyncBackend;
use crate::claimer::Claimer;
use crate::crons::CronKeeper;
use crate::engine::{Engine, Job};
use crate::finisher::Finisher;
use crate::heart::Heart;
use crate::pruner::Pruner;
use crate::supervisor::Supervisor;
use fang_core::context::Surroundings;
use fang_core::kind::check_names;
use fang_core::pace::Pace;
use fang_core::results::Finished;
use fang_core::store::CRONS;
use fang_core::suspects::Suspects;
use fang_core::wake::Registration;
use fang_core::{AsyncRunnable, QueueError};
use std::sync::Arc;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

/// A pool that runs.
pub(super) struct Running {
    pub(super) engine: Arc<Engine>,
    pub(super) jobs: async_channel::Receiver<Job>,
    pub(super) results: mpsc::UnboundedSender<Finished>,
    pub(super) claimer: JoinHandle<()>,
    pub(super) supervisor: JoinHandle<usize>,
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
        let engine = self.engine().await?;
        let (body, heart_s_end) = mpsc::channel(1);
        let heart = Heart::new(engine.clone(), self.lease, heart_s_end).start().await?;

        let (to_workers, jobs) = async_channel::unbounded();
        let (results, to_finisher) = mpsc::unbounded_channel();
        let changed = Arc::new(Notify::new());
        let wakes = register_wakes(&engine, &changed);

        let suspects = Suspects::new(self.lease.max_crashes);
        let pace = Pace::new(number_of_workers, self.sleep_params.clone());
        let claimer = Claimer::new(engine.clone(), to_workers, results.clone(), pace, suspects);
        let supervisor = Supervisor {
            engine: engine.clone(),
            number_of_workers,
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
            jobs,
            results,
            claimer: tokio::spawn(async move {
                claimer.run().await;
                drop(wakes);
            }),
            supervisor: tokio::spawn(supervisor.run()),
            finisher: tokio::spawn(async move {
                finisher.run().await;
                drop(body);
            }),
            heart,
        })
    }

    async fn engine(&self) -> Result<Arc<Engine>, QueueError> {
        let store = self.queue.engine()?;
        store.check().await?;
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
        wakes.register(&task_type, move || woken.inserted.notify_one()),
        wakes.register(CRONS, move || changed.notify_one()),
    ]
}
