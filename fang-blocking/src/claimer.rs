//! Takes tasks out of the store and hands them to the workers.

mod hold;

use crate::block_on::block_on;
use crate::engine::{Engine, Job, Order};
use crate::holder::{HeldBatch, Holders};
use crate::supervisor::panicked;
use fang_core::StoreError;
use fang_core::claiming::{Act, Claiming, Wanted};
use fang_core::pool::Phase;
use fang_core::results::Finished;
use fang_core::store::{Claimed, WorkerId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Claimer {
    engine: Arc<Engine>,
    jobs: crossbeam_channel::Sender<Order>,
    results: crossbeam_channel::Sender<Finished>,
    claiming: Claiming,
    holders: Holders,
}

impl Claimer {
    pub(crate) fn new(
        engine: Arc<Engine>,
        jobs: crossbeam_channel::Sender<Order>,
        results: crossbeam_channel::Sender<Finished>,
        claiming: Claiming,
        holders: Holders,
    ) -> Self {
        Self { engine, jobs, results, claiming, holders }
    }

    /// Claims until the pool drains.
    pub(crate) fn run(mut self) {
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            panicked("claimer");
        }
        self.claiming.take_suspects().for_each(|(task, task_type)| self.give_back(task, task_type));
    }

    fn work(&mut self) {
        while self.engine.phase.get() == Phase::Running {
            match self.claiming.next(&self.engine, self.engine.now(), self.holders.may_hold()) {
                Act::Claim(wanted) => self.claim(wanted),
                Act::Hold(wanted) => self.hold(wanted),
                Act::Try { task, task_type } => self.try_suspect(task, task_type),
                Act::Sleep { at_most, until_in_flight } => self.sleep(at_most, until_in_flight),
            }
        }
    }

    fn claim(&mut self, wanted: Wanted) {
        let worker = self.engine.worker();
        let wanted = if self.holders.take_apart() { wanted.from_the_beginning() } else { wanted };
        if self.claiming.is_in_doubt(self.engine.now()) {
            if let Err(error) = block_on(self.engine.store.disown(worker, &self.engine.held.list())) {
                return self.failed(&error);
            }
            self.claiming.settled(self.engine.now());
        }
        let asked = self.claiming.ask(&self.engine, wanted, worker);
        match block_on(self.engine.store.claim(&asked.claim())) {
            Ok(mut tasks) => {
                self.recovered();
                self.claiming.claimed(&self.engine, self.engine.now(), &asked, &mut tasks);
                self.dispatch(tasks, &asked.task_type, worker, None);
                self.holders.tidy(worker);
            }
            Err(error) => {
                self.claiming.gave_up(self.engine.now(), &asked);
                self.failed(&error);
            }
        }
    }

    fn dispatch(
        &self,
        tasks: Vec<Claimed>,
        task_type: &Arc<str>,
        worker: WorkerId,
        held: Option<&Arc<HeldBatch>>,
    ) {
        let bytes = tasks.iter().map(|task| task.metadata.len()).sum();
        self.engine.gauge.claimed(tasks.len(), bytes);
        for task in tasks {
            // The channel has no bound of its own: the pace is its bound.
            let (task_type, held) = (task_type.clone(), held.cloned());
            let _ = self.jobs.send(Order::Run(Job { task, task_type, worker, held }));
        }
    }

    /// Runs a suspect, once the store knows of it.
    fn try_suspect(&mut self, task: Claimed, task_type: Arc<str>) {
        let worker = self.engine.worker();
        match block_on(self.engine.store.suspect(worker, task.id, task.lease)) {
            Ok(true) => self.dispatch(vec![task], &task_type, worker, None),
            Ok(false) => self.engine.lost(&task),
            Err(error) => {
                self.give_back(task, task_type);
                self.failed(&error);
            }
        }
    }

    /// Hands a task back without having run it.
    fn give_back(&self, task: Claimed, task_type: Arc<str>) {
        self.engine.gauge.claimed(1, task.metadata.len());
        let job = Job { task, task_type, worker: self.engine.worker(), held: None };
        self.engine.begin(job, self.results.clone()).hand_back();
    }

    fn sleep(&mut self, at_most: Option<Duration>, until_in_flight: Option<usize>) {
        let engine = self.engine.clone();
        if let Some(in_flight) = until_in_flight {
            engine.gauge.wake_at(in_flight);
            // The last one may have left just before it could know.
            if engine.gauge.load().in_flight <= in_flight {
                return;
            }
        }
        if engine.notify.wait(at_most).inserted {
            self.claiming.woken(&self.engine, self.engine.now());
        }
    }

    /// Says once that something is wrong, and once that it is over.
    fn failed(&mut self, error: &StoreError) {
        if self.claiming.failed(self.engine.now(), fastrand::f64()) {
            log::warn!("no tasks can be claimed: {error}");
        }
    }

    fn recovered(&mut self) {
        if self.claiming.recovered() {
            log::info!("tasks can be claimed again");
        }
    }
}
