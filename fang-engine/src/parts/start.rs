//! The start of a pool.

use super::claimer::Claimer;
use super::crons::CronKeeper;
use super::finisher::Finisher;
use super::heart::Heart;
use super::patience::Patience;
use super::pruner::Pruner;
use super::vacuumer::Vacuumer;
use crate::claims::{Claims, OpenBatches};
use crate::events::{Event, Recorder};
use crate::phase::Phase;
use crate::policy::claim::ClaimPolicy;
use crate::policy::suspects::{Suspects, TrialGate};
use crate::policy::types::Types;
use crate::runtime::Runtime;
use crate::settings::PoolConfig;
use crate::signal::{Latch, SetAtEnd};
use crate::starting::Starting;
use crate::state::{Environment, Pool, PoolState, RunSignals};
use crate::workers::Workers;
use fang_core::declaration::check_state;
use fang_core::notify::{Registration, Topic};
use fang_core::store::{Feature, Store};
use fang_core::{QueueError, StoreError};
use std::sync::Arc;

/// A crash takes all pools of a process with it, so only one suspect may run in a process at a time.
static ONE_TRIAL: TrialGate = TrialGate::new();

/// Checks that the store is ready.
async fn check(store: &dyn Store, runtime: &dyn Runtime) -> Result<(), StoreError> {
    let mut patience = Patience::new("a look at the tables");
    while let Err(error) = store.check().await {
        runtime.sleep(patience.after(error)?).await;
    }
    Ok(())
}

/// A running pool.
#[derive(Clone)]
pub struct Running {
    pub(super) pool: Arc<Pool>,
    pub(super) workers: Arc<dyn Workers>,
    pub(super) claimer_ended: Arc<Latch>,
    pub(super) open_batches: Arc<OpenBatches>,
    pub(super) heart_ended: Arc<Latch>,
}

impl Running {
    /// Starts a pool: checks that the store is ready, registers, and starts all parts. The claimer starts last, when
    /// all other parts are there.
    ///
    /// # Errors
    /// [`QueueError`] when the settings are wrong, the store is not ready, or the system cannot run the parts.
    pub async fn start(
        store: Arc<dyn Store>,
        runtime: Arc<dyn Runtime>,
        config: PoolConfig,
        starting: &Starting,
        workers: impl FnOnce(&Arc<Pool>) -> std::io::Result<Arc<dyn Workers>>,
    ) -> Result<Self, QueueError> {
        config.check()?;
        check_state(runtime.mode(), |task_type| config.serves(task_type), &config.kinds, &config.values)?;
        let looks = store.offers().has(Feature::ReadyTypes);
        if config.served.are_all() && !looks {
            return Err(StoreError::NotOffered { verb: "ready_types" }.into());
        }
        check(&*store, &*runtime).await?;
        let (pool, results) = Pool::new(state(&*store, &config), store, runtime, config);
        pool.state.resize(pool.config.workers);
        // The finisher exists before the heart: if the application drops this future, the finisher goes with it, and
        // then the heart ends.
        let finisher = Finisher::new(pool.clone(), results);
        let heart_ended = Heart::start(&pool, starting).await?;
        let listening = listen(&pool);
        let crons = CronKeeper { pool: pool.clone() };
        // The keeper of crons looks again.
        let _ = crons.look().await;
        starting.works().await;
        let started = Self::start_parts(&pool, finisher, crons, workers, listening);
        match started {
            Ok((workers, claimer_ended, open_batches)) => {
                log::info!("{} started", pool.described());
                let running = Self { pool, workers, claimer_ended, open_batches, heart_ended };
                running.can_be_asked_to_stop();
                Ok(running)
            }
            Err(error) => {
                // The parts that were started end.
                pool.phase.advance(Phase::Stopped);
                Err(StoreError::unreachable(Box::new(error)).into())
            }
        }
    }

    /// Starts the workers and all parts. If one of them cannot start, the workers end here, and the others with the
    /// phase.
    #[expect(clippy::type_complexity, reason = "the parts of the struct above")]
    fn start_parts(
        pool: &Arc<Pool>,
        finisher: Finisher,
        crons: CronKeeper,
        workers: impl FnOnce(&Arc<Pool>) -> std::io::Result<Arc<dyn Workers>>,
        listening: Vec<Registration>,
    ) -> std::io::Result<(Arc<dyn Workers>, Arc<Latch>, Arc<OpenBatches>)> {
        let spawn = |name, part| pool.runtime.spawn(name, part);
        spawn("fang-finisher", Box::pin(finisher.run()))?;
        let workers = workers(pool)?;
        let start_others = || {
            spawn("fang-crons", Box::pin(crons.run()))?;
            spawn("fang-pruner", Box::pin(Pruner::new(pool.clone()).run()))?;
            if let Some(vacuumer) = Vacuumer::new(pool) {
                spawn("fang-vacuumer", Box::pin(vacuumer.run()))?;
            }
            #[cfg(feature = "metrics")]
            spawn("fang-gauges", Box::pin(super::gauges::Gauges::new(pool.clone()).run()))?;
            // Before its first task runs, which may steer the pool.
            pool.config.monitor.sees(pool);
            // Before the events of its tasks.
            pool.state.recorder.tell(|| Event::PoolStarted { pool: pool.info() });
            start_claimer(pool, &workers, listening).inspect_err(|_| {
                pool.state.recorder.tell(|| Event::PoolStopped { pool: pool.info() });
            })
        };
        let (claimer_ended, open_batches) = start_others().inspect_err(|_| drop(workers.close()))?;
        Ok((workers, claimer_ended, open_batches))
    }

    /// Tells signals of a pool that runs already.
    #[cfg(unix)]
    pub(crate) fn is_known_to(&self, starting: &Starting) {
        starting.has_started(&self.pool, &self.heart_ended);
    }

    /// Changes the number of workers. New workers start at once. A surplus worker ends before it would begin a task
    /// that is claimed from now on.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] when the system cannot run more workers.
    pub fn resize(&self, workers: usize) -> Result<(), StoreError> {
        let before = self.pool.state.resize(workers);
        let resized = self.workers.resize(before, workers);
        // The claimer may be waiting for a number of tasks in flight that was derived from the old number of
        // workers.
        self.pool.room.notify();
        resized.map_err(|error| StoreError::unreachable(Box::new(error)))
    }
}

fn start_claimer(
    pool: &Arc<Pool>,
    workers: &Arc<dyn Workers>,
    listening: Vec<Registration>,
) -> std::io::Result<(Arc<Latch>, Arc<OpenBatches>)> {
    let (ended, open_batches) = (Arc::<Latch>::default(), Arc::<OpenBatches>::default());
    let claims = Claims::start(pool, &open_batches)?;
    let claimer = Claimer::new(pool.clone(), workers.clone(), policy(pool), claims);
    let at_end = SetAtEnd::new(&ended);
    let claiming = async move {
        claimer.run().await;
        drop(listening);
        drop(at_end);
    };
    pool.runtime.spawn("fang-claimer", Box::pin(claiming))?;
    Ok((ended, open_batches))
}

pub(super) fn state(store: &dyn Store, config: &PoolConfig) -> PoolState {
    let environment = Environment {
        values: config.values.clone(),
        signals: RunSignals::default(),
        retention: config.retention,
        tables: store.tables(),
    };
    let recorder = Recorder::new(config.subscribers.clone(), config.inserts.clone(), &config.served);
    PoolState::new(environment, config.served.clone(), config.kinds.clone(), recorder)
}

fn policy(pool: &Pool) -> ClaimPolicy {
    let PoolConfig { workers, sleep_params, lease, .. } = &pool.config;
    let (served, offers) = (&pool.state.served, pool.store.offers());
    let types = Types::new(pool.mode(), served, offers, *workers, sleep_params);
    ClaimPolicy::new(types, Suspects::new(lease.max_crashes, &ONE_TRIAL))
}

fn listen(pool: &Arc<Pool>) -> Vec<Registration> {
    let listeners = pool.store.listeners();
    let of = || pool.clone();
    let (crons, returned, forgotten, reach) = (of(), of(), of(), of());
    let mut all = vec![
        listeners.register(Topic::Crons, move |_| crons.crons_changed.notify()),
        listeners.register(Topic::CameBack, move |_| returned.state.came_back()),
        listeners.register(Topic::ListensAnew, move |_| forgotten.state.must_reconcile()),
        listeners.register(Topic::Reach, move |_| reach.reach_changed()),
    ];
    if pool.state.served.are_many() {
        let woken = of();
        all.push(listeners.register_for_types(move |task_type, notice| match task_type {
            Some(task_type) => woken.has_new(task_type, notice),
            None => woken.may_have_new(),
        }));
        return all;
    }
    for share in pool.state.served.shares() {
        let (woken, task_type) = (of(), share.task_type.clone());
        let topic = Topic::task_type(&share.task_type);
        all.push(listeners.register(topic, move |notice| woken.has_new(&task_type, notice)));
    }
    all
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.pool.fmt(f)
    }
}
