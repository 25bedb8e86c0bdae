//! Takes tasks out of the store and hands them to the workers.

use super::{Part, run_to_end};
use crate::claims::{Claims, ToRun};
use crate::phase::Phase;
use crate::policy::claim::{Act, ClaimPolicy};
use crate::signal::first_of;
use crate::state::{Job, Pool};
use crate::workers::Workers;
use fang_core::StoreError;
use fang_core::store::Claimed;
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Claimer {
    pool: Arc<Pool>,
    workers: Arc<dyn Workers>,
    policy: ClaimPolicy,
    claims: Claims,
}

impl Claimer {
    pub(crate) fn new(
        pool: Arc<Pool>,
        workers: Arc<dyn Workers>,
        policy: ClaimPolicy,
        claims: Claims,
    ) -> Self {
        Self { pool, workers, policy, claims }
    }

    /// Claims until the pool drains.
    pub(crate) async fn run(mut self) {
        run_to_end(&mut self).await;
        let suspects: Vec<_> = self.policy.take_suspects().collect();
        suspects.into_iter().for_each(|(task, task_type)| self.give_back(task, task_type));
        if self.pool.phase.get() >= Phase::Closing {
            // A claim took so long that the shutdown went on without it. Should this fail, a rescue gives the tasks back.
            let _ = self.pool.store.disown(self.pool.state.worker(), &[]).await;
        }
    }

    async fn took(&mut self, claimed: Result<ToRun, StoreError>) {
        match claimed {
            Ok(tasks) => {
                let worker = tasks.worker;
                self.dispatch(tasks);
                self.claims.tidy(worker).await;
            }
            Err(error) => self.policy.report(&self.pool, &error),
        }
    }

    fn dispatch(&self, ToRun { tasks, task_type, worker, locked }: ToRun) {
        let bytes = tasks.iter().map(|task| task.metadata.len()).sum();
        self.pool.state.gauge.claimed(tasks.len(), bytes);
        for task in tasks {
            self.workers.run(Job { task, task_type: task_type.clone(), worker, locked: locked.clone() });
        }
    }

    /// Runs a suspect, once the store knows of it.
    async fn try_suspect(&mut self, task: Claimed, task_type: Arc<str>) {
        let worker = self.pool.state.worker();
        match self.pool.store.suspect(worker, task.id, task.lease).await {
            Ok(true) => self.dispatch(ToRun { tasks: vec![task], task_type, worker, locked: None }),
            Ok(false) => self.pool.state.lost(&task),
            Err(error) => {
                self.give_back(task, task_type);
                self.policy.report(&self.pool, &error);
            }
        }
    }

    /// Hands a task back without having run it.
    fn give_back(&self, task: Claimed, task_type: Arc<str>) {
        self.pool.state.gauge.claimed(1, task.metadata.len());
        let job = Job { task, task_type, worker: self.pool.state.worker(), locked: None };
        self.pool.begin(job).hand_back();
    }

    async fn sleep(&mut self, at_most: Option<Duration>, until_in_flight: Option<usize>) {
        let pool = &self.pool;
        if let Some(in_flight) = until_in_flight {
            pool.state.gauge.wake_at(in_flight);
            // The last one may have left just before it could know.
            if pool.state.gauge.load().in_flight <= in_flight {
                return;
            }
        }
        let time = at_most.map_or_else(|| Box::pin(std::future::pending()) as _, |span| pool.sleep(span));
        let drains = Box::pin(pool.phase.reached(Phase::Draining));
        let inserted = Box::pin(pool.inserted.notified());
        if first_of([inserted, Box::pin(pool.room.notified()), time, drains]).await == 0 {
            self.policy.woken(&pool.state, pool.now());
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
            let may_lock = self.claims.may_lock();
            match self.policy.next(&self.pool.state, self.pool.now(), may_lock) {
                Act::Claim(wanted) => {
                    let claimed = self.claims.in_writing(&mut self.policy, wanted).await;
                    self.took(claimed).await;
                }
                Act::Lock(wanted) => {
                    let claimed = self.claims.by_locks(&mut self.policy, wanted).await;
                    self.took(claimed).await;
                }
                Act::Try { task, task_type } => self.try_suspect(task, task_type).await,
                Act::Sleep { at_most, until_in_flight } => self.sleep(at_most, until_in_flight).await,
            }
        }
    }
}
