//! A running pool: the state that its parts share, and the signals between them.

use super::job::Job;
use super::leftover::Leftover;
use super::pool_state::PoolState;
use super::quiet::Quiet;
use super::reach::Reach;
use super::results::Finished;
use super::run_signals::RunKey;
use super::stop::Stop;
use super::turnover::Turnover;
use crate::events::PoolInfo;
use crate::phase::{Phase, PhaseWatch};
use crate::policy::retry_pause::{RetryPause, Wait};
use crate::runtime::{BoxFuture, Runtime};
use crate::settings::PoolConfig;
use crate::signal::{Latch, Signal, first_of};
use async_channel::{Receiver, Sender};
use fang_core::Mode;
use fang_core::notify::Notice;
use fang_core::store::{Store, WorkerId};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A running pool.
pub struct Pool {
    /// The state that its parts share.
    pub state: Arc<PoolState>,
    /// The store, over connections that neither the application nor the tasks can exhaust.
    pub store: Arc<dyn Store>,
    /// The runtime of its parts.
    pub runtime: Arc<dyn Runtime>,
    /// The settings that the application chose.
    pub config: PoolConfig,
    /// The phase of its shutdown. The shutdown writes; all parts read.
    pub phase: PhaseWatch,
    /// Whether it is quiet. The application and the signals write; the claimer reads.
    pub quiet: Quiet,
    /// The claims that the heart is to give back. The shutdown writes; the heart takes.
    pub leftover: Leftover,
    /// Whether the store answers. Parts that fail and the heart write; parts that wait after a failure read.
    pub reach: Reach,
    /// A task was inserted or will be due, the pool has a new worker id, or the store answers again. Notifications, the
    /// finisher and the heart set it; the claimer waits for it.
    pub inserted: Signal,
    /// The claimer may want more tasks, or a lock-claim is over. Workers and committers set it; the claimer waits for
    /// it.
    pub room: Signal,
    /// A task that runs here was cancelled. Notifications set it; the heart waits for it.
    pub cancelled: Signal,
    /// A tool asks for something. Notifications set it; the heart waits for it.
    pub asked: Signal,
    /// Its stop. A tool may ask for it; the first call that stops the pool does it.
    pub stop: Stop,
    /// A cron was added or changed. Notifications set it; the keeper of crons waits for it.
    pub crons_changed: Signal,
    /// The rows that were changed since the last look for dead ones. The finisher, committers and the pruner add; the
    /// vacuumer waits for many.
    pub turnover: Turnover,
    /// The finisher has ended, or was dropped with its runtime. The heart and the shutdown wait for it.
    pub finisher_ended: Arc<Latch>,
    /// Results on their way to the finisher. Workers, committers and the shutdown send.
    results: Sender<Finished>,
    epoch: Instant,
}

impl Pool {
    pub(crate) fn new(
        state: PoolState,
        store: Arc<dyn Store>,
        runtime: Arc<dyn Runtime>,
        config: PoolConfig,
    ) -> (Arc<Self>, Receiver<Finished>) {
        let (results, to_finisher) = async_channel::unbounded();
        let pool = Self {
            state: Arc::new(state),
            store,
            runtime,
            config,
            phase: PhaseWatch::default(),
            quiet: Quiet::default(),
            leftover: Leftover::default(),
            reach: Reach::default(),
            inserted: Signal::default(),
            room: Signal::default(),
            cancelled: Signal::default(),
            asked: Signal::default(),
            stop: Stop::default(),
            crons_changed: Signal::default(),
            turnover: Turnover::default(),
            finisher_ended: Arc::default(),
            results,
            epoch: Instant::now(),
        };
        (Arc::new(pool), to_finisher)
    }

    /// The mode of the tasks that its workers run.
    pub fn mode(&self) -> Mode {
        self.runtime.mode()
    }

    /// The pool as log messages name it: its worker id and what it serves.
    pub(crate) fn described(&self) -> String {
        let mode = if self.mode() == Mode::Asynk { "async" } else { "blocking" };
        let served = self.state.served.described();
        let (worker, workers) = (self.state.worker(), self.state.workers());
        format!("the {mode} pool of worker {worker}, with {workers} workers for {served},")
    }

    /// The pool as events show it.
    pub(crate) fn info(&self) -> Arc<PoolInfo> {
        let served = &self.state.served;
        let (task_types, all_task_types) = (served.names().cloned().collect(), served.are_all());
        Arc::new(PoolInfo { worker: self.state.worker(), mode: self.mode(), task_types, all_task_types })
    }

    /// The time since the pool started.
    pub fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// Sleeps for this long.
    pub fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        self.runtime.sleep(span)
    }

    /// Goes on under this worker id: the first one, or a new one after the pool was declared dead.
    pub(crate) fn goes_on_as(&self, worker: WorkerId) {
        self.state.goes_on_as(worker);
        self.inserted.notify();
    }

    /// Makes the pool quiet, or not quiet any more.
    pub(crate) fn set_quiet(&self, is_quiet: bool) {
        self.quiet.set(is_quiet);
        self.room.notify();
    }

    /// Tells that a task of this type was inserted.
    pub(crate) fn has_new(&self, task_type: &str, notice: Notice) {
        if !self.state.served.has(task_type) {
            return;
        }
        match notice {
            Notice::Due(delay) => self.state.mark_due(task_type, self.now().saturating_add(delay)),
            Notice::Single | Notice::Burst => self.state.mark_inserted(task_type, notice),
        }
        self.inserted.notify();
    }

    /// Tells that tasks of any type may have been inserted without a notification.
    pub(crate) fn may_have_new(&self) {
        self.state.mark_all_inserted();
        self.inserted.notify();
    }

    /// Tells that the store fell silent or answers again.
    pub(crate) fn reach_changed(&self) {
        let is_silent = self.store.listeners().is_silent();
        self.state.recorder.reach_changed(is_silent);
        if is_silent {
            self.reach.silent.notify();
        } else {
            self.reach.answered();
            self.may_have_new();
        }
    }

    /// Tells that a call of the store failed, and waits until the call may be tried again: the heart tries, and the
    /// first answer to any part of the process ends the wait. The phase ends it as well.
    pub(crate) async fn wait_for_answer(&self, pause: &mut RetryPause, phase: Phase) {
        let seen = self.reach.answers();
        self.store.listeners().fell_silent();
        let Wait { at_least, at_most } = pause.wait(fastrand::f64(), Some(seen));
        let answered = async {
            self.sleep(at_least).await;
            self.reach.after(seen).await;
        };
        first_of([Box::pin(answered), self.sleep(at_most), Box::pin(self.phase.reached(phase))]).await;
    }

    /// Tells these runs that their tasks were cancelled. The list is complete: all other runs are not cancelled.
    pub(crate) fn cancel(&self, runs: Vec<RunKey>) {
        let told = self.state.environment.signals.cancel(runs);
        if told > 0 {
            log::info!("{told} tasks were cancelled while they ran");
        }
    }

    /// Tells the runs of cancelled tasks, which the store knows. Returns whether the store answered.
    pub(crate) async fn look_for_cancelled(&self) -> bool {
        match self.store.cancellations(self.state.worker()).await {
            Ok(runs) => {
                self.cancel(runs);
                true
            }
            Err(error) => {
                log::debug!("cancelled tasks could not be looked up; the next look tries again: {error}");
                false
            }
        }
    }

    /// Whether a task still belongs to this pool. If not, it no longer counts as in flight.
    pub fn owns(&self, job: &Job) -> bool {
        let is_own = self.state.has(job);
        if !is_own {
            self.one_left();
        }
        is_own
    }

    /// Sends a result to the finisher.
    pub(crate) fn send(&self, finished: Finished) {
        // The channel is closed only when the pool is gone. Then the lease returns the task.
        let _ = self.results.try_send(finished);
    }

    /// Tells that a task has left the pool, and wakes the claimer if it wants more.
    pub(crate) fn one_left(&self) {
        if self.state.gauge.left() {
            self.room.notify();
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("phase", &self.phase.get()).finish_non_exhaustive()
    }
}
