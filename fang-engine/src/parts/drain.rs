//! A pool without a heart that runs the tasks which are due, one at a time, and ends when there are none. For tests. It
//! claims, runs, decides and saves as other pools do.

mod future_tasks;

use super::crons::CronKeeper;
use super::finisher::Finisher;
use super::pruner::prune;
use super::start::state;
use crate::claims::ToRun;
use crate::events::{Event, Subscribers, TaskInfo};
use crate::insert_hooks::InsertTotal;
use crate::monitor::PoolMonitor;
use crate::phase::Phase;
use crate::policy::aside::TRIES;
use crate::policy::served::Served;
use crate::runtime::Runtime;
use crate::settings::{CANCEL_GRACE, Lease, PoolConfig, info};
use crate::signal::first_of;
use crate::spans::SpanHook;
use crate::state::Pool;
use crate::workers::Workers;
use fang_core::context::Values;
use fang_core::error::Nature;
use fang_core::kind::{self, Kinds};
use fang_core::middleware::{Stack, StackBlocking};
use fang_core::notify::Topic;
use fang_core::scan::{ScanRanges, Start};
use fang_core::store::{Claim, Claimed, Depth, Feature, Filter, Report, Store};
use fang_core::{QueueError, RetentionMode, SleepParams, StoreError};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// A page of a list of tasks.
const PAGE: u32 = 1000;

/// How often to look for ticks of crons at most. Each look fires at least one.
const MAX_LOOKS: usize = 1000;

/// The settings of a drain, if the application chooses none.
pub fn config() -> PoolConfig {
    PoolConfig {
        workers: 1,
        served: Served::default(),
        sleep_params: SleepParams::default(),
        retention: RetentionMode::default(),
        lease: Lease::default(),
        prune_after: None,
        lock_claims: false,
        vacuum_at: None,
        cancel_grace: CANCEL_GRACE,
        timeout: None,
        values: Values::default(),
        kinds: Kinds::default(),
        middleware: Stack::default(),
        middleware_blocking: StackBlocking::default(),
        spans: SpanHook::default(),
        subscribers: Subscribers::default(),
        inserts: InsertTotal::default(),
        monitor: PoolMonitor::default(),
    }
}

/// Which tasks a drain runs, and when it ends.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The task types, in the order in which they are served. Empty for all that have tasks.
    pub task_types: Vec<String>,
    /// Ends after this many runs.
    pub limit: Option<u64>,
    /// Whether to run tasks at once that wait for a retry.
    pub with_retries: bool,
    /// Whether to run tasks at once that are scheduled for later.
    pub with_scheduled: bool,
    /// Ends after the first run that fails.
    pub fail_fast: bool,
    /// The number of every run, in place of the one that follows from the row.
    pub attempt: Option<u32>,
    /// The task type that runs see, in place of the one of their rows. The drain then looks neither at crons nor at old
    /// rows: it is for one task, whose type in the store is its own.
    pub shown_type: Option<String>,
}

impl Rules {
    /// Whether the drain is for one task: it looks at nothing else.
    fn is_for_one_task(&self) -> bool {
        self.shown_type.is_some()
    }
}

/// A run of a drain.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The id of the task.
    pub id: Uuid,
    /// Its payload.
    pub payload: String,
    /// Its task type.
    pub task_type: Arc<str>,
    /// The number of the run, counted from 1.
    pub attempt: u32,
    /// Whether the run exceeded its timeout.
    pub timed_out: bool,
    /// The last event of the run. `None` if its result was not saved, since the task was removed meanwhile.
    pub end: Option<Event>,
}

impl Ran {
    /// Whether the run failed, or could not begin because the program does not know the kind.
    pub fn has_failed(&self) -> bool {
        matches!(self.end, Some(Event::Failed { .. } | Event::Retried { .. } | Event::UnknownKind { .. }))
    }
}

/// What a drain did.
#[derive(Clone, Debug, Default)]
pub struct Drained {
    /// The runs, in their order.
    pub runs: Vec<Ran>,
    /// How many old rows were removed at the end.
    pub pruned: u64,
    /// The due tasks that are left at the end because this drain does not run them.
    pub left: Left,
}

/// Due tasks that a drain does not run.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// How many are for the other mode.
    pub of_other_mode: usize,
    /// How many are for this mode and of paused task types, by their types.
    pub of_paused_types: BTreeMap<String, usize>,
    /// How many are for this mode and of types that the drain was not asked to serve.
    pub of_other_types: BTreeMap<String, usize>,
}

/// Runs the tasks of a store that are due.
///
/// # Errors
/// [`QueueError::Store`] when the store fails or the system cannot run the worker.
pub async fn drain(
    store: Arc<dyn Store>,
    runtime: Arc<dyn Runtime>,
    mut config: PoolConfig,
    rules: Rules,
    workers: impl FnOnce(&Arc<Pool>) -> std::io::Result<Arc<dyn Workers>>,
) -> Result<Drained, QueueError> {
    let heard = Arc::<Mutex<Vec<Event>>>::default();
    let hear = heard.clone();
    config.subscribers.add(move |event| {
        hear.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    });
    let (pool, results) = Pool::new(state(&*store, &config), store, runtime, config);
    pool.state.resize(1);
    let finisher = Finisher::new(pool.clone(), results);
    let worker = pool.store.register(&info(pool.mode(), &pool.config, 1)).await?;
    pool.goes_on_as(worker);
    let cancelled = pool.clone();
    let topic = Topic::Cancelled(worker);
    let _registered = pool.store.listeners().register(topic, move |_| cancelled.cancelled.notify());
    let started = workers(&pool).map_err(|error| StoreError::unreachable(Box::new(error)));
    let drained = match started {
        Ok(workers) => {
            let draining = Draining { pool: pool.clone(), workers, finisher, heard, rules, runs: Vec::new() };
            draining.run().await
        }
        Err(error) => Err(error),
    };
    pool.phase.advance(Phase::Stopped);
    let retired = pool.store.retire(worker, &Report::new(1, 0)).await;
    let drained = drained?;
    retired?;
    Ok(drained)
}

struct Draining {
    pool: Arc<Pool>,
    workers: Arc<dyn Workers>,
    finisher: Finisher,
    heard: Arc<Mutex<Vec<Event>>>,
    rules: Rules,
    runs: Vec<Ran>,
}

impl Draining {
    async fn run(mut self) -> Result<Drained, StoreError> {
        let ended = self.run_all().await;
        self.workers.close();
        let pruned = match ended {
            Ok(()) if self.rules.is_for_one_task() => 0,
            Ok(()) => prune(&self.pool).await?,
            Err(error) => return Err(error),
        };
        self.workers.ended().await;
        let left = self.left().await?;
        Ok(Drained { runs: self.runs, pruned, left })
    }

    /// Runs until nothing is due, or a rule ends it.
    async fn run_all(&mut self) -> Result<(), StoreError> {
        loop {
            self.fire_crons().await?;
            let before = self.runs.len();
            for task_type in self.task_types().await? {
                while !self.is_over() && self.run_next(&task_type).await? {}
            }
            let goes_on = self.runs.len() > before || self.bring_forward().await?;
            if self.is_over() || !goes_on {
                return Ok(());
            }
        }
    }

    fn is_over(&self) -> bool {
        let is_full = self.rules.limit.is_some_and(|limit| self.runs.len() as u64 >= limit);
        is_full || self.rules.fail_fast && self.runs.last().is_some_and(Ran::has_failed)
    }

    async fn fire_crons(&self) -> Result<(), StoreError> {
        if self.rules.is_for_one_task() {
            return Ok(());
        }
        let crons = CronKeeper { pool: self.pool.clone() };
        for _ in 0..MAX_LOOKS {
            if crons.look().await? > Duration::ZERO {
                break;
            }
        }
        Ok(())
    }

    /// The task types that may have tasks which are due, ordered by name unless the rules name them.
    async fn task_types(&self) -> Result<Vec<Arc<str>>, StoreError> {
        if !self.rules.task_types.is_empty() {
            return Ok(self.rules.task_types.iter().map(|name| name.as_str().into()).collect());
        }
        let store = &self.pool.store;
        let depths = match store.offers().has(Feature::Counts) {
            true => {
                Some(store.depths(None).await?).filter(|depths| depths.len() < usize::from(Depth::TASK_TYPES))
            }
            false => None,
        };
        let names: BTreeSet<String> = match depths {
            Some(depths) => {
                depths.into_iter().filter(|depth| depth.due.count > 0).map(|depth| depth.task_type).collect()
            }
            // The store does not count, or has more types than it counts.
            None => self.waiting().await?.into_iter().map(|task| task.task_type).collect(),
        };
        Ok(names.into_iter().map(Into::into).collect())
    }

    /// Runs the next task of a type. Returns whether there was one.
    async fn run_next(&mut self, task_type: &Arc<str>) -> Result<bool, StoreError> {
        let worker = self.pool.state.worker();
        let ranges = ScanRanges::new(self.pool.mode()).in_order(false, Start::Beginning);
        let mut tasks = self.pool.store.claim(&Claim::new(worker, task_type, 1, &ranges)).await?.tasks;
        if let Some(attempt) = self.rules.attempt {
            let retries = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
            tasks.iter_mut().for_each(|task| task.retries = retries);
        }
        let Some(claimed) = tasks.first().cloned() else { return Ok(false) };
        self.pool.state.in_flight.add(worker, tasks.iter().map(|task| (task.id, task.lease)));
        let shown: Arc<str> = self.rules.shown_type.as_deref().map_or_else(|| task_type.clone(), Arc::from);
        let to_run = ToRun { tasks, task_type: shown.clone(), worker, unwritten: None };
        to_run.dispatch(&self.pool, &*self.workers);
        self.wait_for_result().await;
        self.save(&claimed).await?;
        self.report(claimed, shown).await;
        Ok(true)
    }

    /// Waits until the run has a result. Meanwhile it beats, and tells the run if its task is cancelled.
    async fn wait_for_result(&self) {
        let pool = &self.pool;
        pool.state.gauge.wake_at(0);
        while pool.state.gauge.load().unsaved == 0 {
            let beat = pool.sleep(pool.config.lease.beat_every);
            let ended = Box::pin(pool.room.notified());
            match first_of([ended as _, Box::pin(pool.cancelled.notified()), beat]).await {
                0 => {}
                1 => _ = pool.look_for_cancelled().await,
                _ => {
                    // A beat that is lost does no harm: the next one follows before the lease is over.
                    let (worker, lease) = (pool.state.worker(), pool.config.lease.dead_after);
                    let _ = pool.store.heartbeat(worker, lease, &Report::new(1, 1)).await;
                }
            }
        }
    }

    /// Saves the result of a run. If the store refuses it, sends it again as a pool does, until others were sent in its
    /// place as well. A pool goes on for ever; a test ends.
    async fn save(&mut self, task: &Claimed) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            self.finisher.save_next().await;
            if !self.pool.state.in_flight.has(task.id, task.lease) {
                return Ok(());
            }
            if !self.finisher.has_aside() {
                break;
            }
        }
        Err(refused(task, self.finisher.last_refusal()))
    }

    async fn report(&mut self, task: Claimed, task_type: Arc<str>) {
        self.pool.state.recorder.flush().await;
        let events = std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        let attempt = u32::try_from(task.retries).unwrap_or_default().saturating_add(1);
        let timed_out = events.iter().any(|event| matches!(event, Event::TimedOut { .. }));
        let end = events.into_iter().rfind(|event| end_of(event).is_some_and(|info| info.id == task.id));
        self.runs.push(Ran { id: task.id, payload: task.metadata, task_type, attempt, timed_out, end });
    }

    /// The ends of the last runs of all tasks that ran.
    fn last_ends(&self) -> HashMap<Uuid, Option<&Event>> {
        self.runs.iter().map(|ran| (ran.id, ran.end.as_ref())).collect()
    }

    /// Whether the rules name this task type, or none.
    fn serves(&self, task_type: &str) -> bool {
        let types = &self.rules.task_types;
        types.is_empty() || types.iter().any(|name| name == task_type)
    }

    /// All tasks that wait.
    async fn waiting(&self) -> Result<Vec<fang_core::Task>, StoreError> {
        let mut waiting = Vec::new();
        for state in [fang_core::FangTaskState::New, fang_core::FangTaskState::Retried] {
            let mut filter = Filter { state: Some(state), limit: PAGE, ..Filter::default() };
            loop {
                let page = self.pool.store.list(&filter).await?;
                filter.before = page.last().map(|task| task.id);
                let is_last = page.len() < PAGE as usize;
                waiting.extend(page);
                if is_last {
                    break;
                }
            }
        }
        Ok(waiting)
    }
}

/// The error for a task of which the store takes no result.
fn refused(task: &Claimed, said: Option<&StoreError>) -> StoreError {
    let said_by_store = said.and_then(Error::source).map_or_else(String::new, |said| format!(": {said}"));
    let kind = kind::name(&task.metadata).unwrap_or_default();
    let text = format!(
        "no result of task {} ({kind}) was saved, in {TRIES} tries, so it stays in progress{said_by_store}",
        task.id
    );
    StoreError::statement(said.map_or(Nature::Unknown, StoreError::nature), text.into())
}

/// The task of an event that ends a run.
fn end_of(event: &Event) -> Option<&TaskInfo> {
    match event {
        Event::Finished { task, .. }
        | Event::Retried { task, .. }
        | Event::Failed { task, .. }
        | Event::Snoozed { task, .. }
        | Event::Cancelled { task, .. }
        | Event::Expired { task, .. }
        | Event::UnknownKind { task, .. }
        | Event::HandedBack { task } => Some(task),
        _ => None,
    }
}
