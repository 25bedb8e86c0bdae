//! The claimer: claims tasks from the store and hands them to the workers.

use crate::claims::{Claims, ToRun};
use crate::part::{Part, run_to_end};
use crate::phase::Phase;
use crate::policy::claim::{Act, ClaimPolicy, Seen};
use crate::signal::first_of;
use crate::state::news::OfType;
use crate::state::{Job, Pool, Unfinished};
use crate::workers::Workers;
use fang_core::StoreError;
use fang_core::store::{Claimed, Disown, ReadyLook};
use std::sync::Arc;
use std::time::Duration;

/// How often a quiet pool looks whether the store has claims for it that it does not know of. Without a doubt this costs
/// nothing.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A pause of the claimer that is long enough to open its connection again.
const REST: Duration = Duration::from_millis(100);

pub(crate) struct Claimer {
    pool: Arc<Pool>,
    workers: Arc<dyn Workers>,
    policy: ClaimPolicy,
    claims: Claims,
    is_failing: bool,
}

impl Claimer {
    pub(crate) fn new(
        pool: Arc<Pool>,
        workers: Arc<dyn Workers>,
        policy: ClaimPolicy,
        claims: Claims,
    ) -> Self {
        Self { pool, workers, policy, claims, is_failing: false }
    }

    /// Claims until the pool drains.
    pub(crate) async fn run(mut self) {
        run_to_end(&mut self).await;
        self.give_back_suspects();
        if self.pool.phase.get() >= Phase::Closing {
            // The shutdown did not wait for this claim. If giving it back fails, a rescue will.
            let _ = self.pool.store.disown(&Disown::all_of(self.pool.state.worker())).await;
        }
    }

    fn see(&self) -> Seen {
        let state = &self.pool.state;
        let is_on_trial = self.policy.on_trial().is_some_and(|(id, lease)| state.in_flight.has(id, lease));
        Seen {
            load: state.gauge.load(),
            workers: state.workers(),
            came_back: state.take_came_back(),
            must_reconcile: state.take_must_reconcile(),
            is_on_trial,
        }
    }

    async fn took(&mut self, claimed: Result<ToRun, StoreError>) {
        match claimed {
            Ok(tasks) => {
                self.works();
                let worker = tasks.worker;
                tasks.dispatch(&self.pool, &*self.workers);
                self.claims.tidy(worker).await;
            }
            Err(error) => self.failed(&error),
        }
    }

    /// Looks which task types have tasks. A pool without any does what it does with each claim otherwise.
    async fn look(&mut self, look: ReadyLook) {
        let sent_at = self.pool.now();
        let looked = match self.claims.reconcile(&mut self.policy).await {
            Ok(()) => self.pool.store.ready_types(&look).await,
            Err(error) => Err(error),
        };
        match looked {
            Ok(ready) => {
                self.works();
                self.policy.looked(self.pool.now(), sent_at, &ready);
                self.claims.tidy(self.pool.state.worker()).await;
            }
            Err(error) => {
                self.policy.look_failed(self.pool.now(), sent_at);
                self.failed(&error);
            }
        }
    }

    /// Logs the end of failures.
    fn works(&mut self) {
        if std::mem::take(&mut self.is_failing) {
            log::info!("tasks can be claimed again");
        }
    }

    /// Reports that the store failed. Logs the first failure in a row.
    fn failed(&mut self, error: &StoreError) {
        let is_crowded = matches!(error, StoreError::TooManyConnections { .. });
        if is_crowded {
            self.pool.reach.crowded.notify();
        }
        let is_answer = error.is_refusal() || is_crowded;
        let answers = (!is_answer).then(|| self.pool.reach.answers());
        self.policy.failed(self.pool.now(), fastrand::f64(), answers);
        if answers.is_some() {
            self.pool.store.listeners().fell_silent();
        }
        if !std::mem::replace(&mut self.is_failing, true) {
            log::warn!("no tasks can be claimed; the pool tries again: {error}");
        }
    }

    /// Runs a suspect once the store has marked it.
    async fn try_suspect(&mut self, task: Claimed, task_type: Arc<str>) {
        let worker = self.pool.state.worker();
        match self.pool.store.suspect(worker, task.id, task.lease).await {
            Ok(true) => {
                let to_run = ToRun { tasks: vec![task], task_type, worker, unwritten: None };
                to_run.dispatch(&self.pool, &*self.workers);
            }
            Ok(false) => self.pool.state.lost(&task),
            Err(error) => {
                self.give_back(task, task_type);
                self.failed(&error);
            }
        }
    }

    /// Releases a task that has not run.
    fn give_back(&self, task: Claimed, task_type: Arc<str>) {
        self.pool.state.gauge.claimed(1, task.metadata.len());
        let job = Job::new(task, task_type, self.pool.state.worker(), None);
        Unfinished::new(self.pool.clone(), Arc::new(job)).hand_back();
    }

    fn give_back_suspects(&mut self) {
        let suspects: Vec<_> = self.policy.take_suspects().collect();
        suspects.into_iter().for_each(|(task, task_type)| self.give_back(task, task_type));
    }

    /// Gives back what no worker has begun, and waits while the pool is quiet.
    async fn rest(&mut self) {
        for job in self.workers.take_waiting() {
            Unfinished::new(self.pool.clone(), job).hand_back();
        }
        self.give_back_suspects();
        let pool = &self.pool;
        log::info!("{} is quiet", pool.described());
        loop {
            let is_over = Box::pin(pool.quiet.is_over());
            let drains = Box::pin(pool.phase.reached(Phase::Draining));
            if first_of([is_over as _, drains, pool.sleep(LOOK_EVERY)]).await < 2 {
                break;
            }
            if pool.state.take_must_reconcile() {
                self.policy.doubt(pool.now());
            }
            if let Err(error) = self.claims.reconcile(&mut self.policy).await {
                log::debug!(
                    "claims without an answer could not be given back; the next look tries again: {error}"
                );
            }
        }
        if !pool.quiet.is_on() {
            log::info!("{} is no longer quiet", pool.described());
        }
        // Notifications may have come meanwhile.
        pool.state.mark_all_inserted();
        self.woken();
    }

    /// Tells the policy which task types have new tasks, and when others become due.
    fn woken(&mut self) {
        let (news, now) = (self.pool.state.take_news(), self.pool.now());
        if news.of_all {
            self.policy.all_woken(now);
        }
        for (task_type, OfType { notice, due_at }) in news.of_types {
            if let Some(at) = due_at {
                self.policy.due_at(&task_type, at);
            }
            if let Some(notice) = notice {
                self.policy.woken(&task_type, now, notice);
            }
        }
    }

    async fn sleep(&mut self, at_most: Option<Duration>, until_in_flight: Option<usize>) {
        let pool = &self.pool;
        if let Some(in_flight) = until_in_flight {
            pool.state.gauge.wake_at(in_flight);
            // The last task may have ended before it could see the new limit.
            if pool.state.gauge.load().in_flight <= in_flight {
                return;
            }
        }
        if until_in_flight.is_none() && at_most.is_none_or(|span| span >= REST) {
            pool.store.rests();
        }
        let time = at_most.map_or_else(|| Box::pin(std::future::pending()) as _, |span| pool.sleep(span));
        let drains = Box::pin(pool.phase.reached(Phase::Draining));
        let inserted = Box::pin(pool.inserted.notified());
        if first_of([inserted, Box::pin(pool.room.notified()), time, drains]).await == 0 {
            self.woken();
        }
    }
}

impl Part for Claimer {
    const NAME: &str = "claimer";

    fn pool(&self) -> &Pool {
        &self.pool
    }

    async fn work(&mut self) {
        while self.pool.phase.get() == Phase::Running {
            if self.pool.quiet.is_on() {
                self.rest().await;
                continue;
            }
            if self.pool.state.served.are_many() {
                // A busy pool of many types may not sleep for long, and does not poll the type of a notification.
                self.woken();
            }
            match self.policy.next(self.pool.now(), &self.see()) {
                Act::Claim(wanted) => {
                    let claimed = self.claims.claim(&mut self.policy, wanted).await;
                    self.took(claimed).await;
                }
                Act::Look(look) => self.look(look).await,
                Act::Try { task, task_type } => self.try_suspect(task, task_type).await,
                Act::Sleep { at_most, until_in_flight } => self.sleep(at_most, until_in_flight).await,
            }
        }
    }
}
