//! Takes tasks out of the store and hands them to the workers.

use crate::engine::{Engine, Job};
use crate::supervisor::panicked;
use fang_core::held::Doubt;
use fang_core::lanes::{Lanes, sort};
use fang_core::pace::{Pace, Request, Step};
use fang_core::pool::Phase;
use fang_core::store::{Claim, Claimed, WorkerId};
use fang_core::{Mode, StoreError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Claimer {
    engine: Arc<Engine>,
    jobs: crossbeam_channel::Sender<Job>,
    pace: Pace,
    lanes: Lanes,
    doubt: Doubt,
    is_failing: bool,
}

impl Claimer {
    pub(crate) fn new(engine: Arc<Engine>, jobs: crossbeam_channel::Sender<Job>, pace: Pace) -> Self {
        Self {
            engine,
            jobs,
            pace,
            lanes: Lanes::new(Mode::Blocking),
            doubt: Doubt::default(),
            is_failing: false,
        }
    }

    /// Claims until the pool drains.
    pub(crate) fn run(mut self) {
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            panicked("claimer");
        }
    }

    fn work(&mut self) {
        while self.engine.phase.get() == Phase::Running {
            match self.pace.step(self.engine.now(), self.engine.gauge.load()) {
                Step::Claim(request) => self.claim(request),
                Step::Sleep { at_most, until_in_flight } => self.sleep(at_most, until_in_flight),
            }
        }
    }

    fn claim(&mut self, request: Request) {
        let worker = self.engine.worker();
        if self.doubt.is_due(self.engine.now()) {
            if let Err(error) = self.engine.store.disown(worker, &self.engine.held.list()) {
                return self.failed(&error);
            }
            self.doubt.settled(self.engine.now());
        }
        let lanes = self.lanes.in_order(request.upwards, request.from_floor);
        let task_type = self.engine.surroundings.task_type.clone();
        let claim = Claim { worker, task_type: &task_type, limit: request.limit, lanes: &lanes };
        match self.engine.store.claim(&claim) {
            Ok(mut tasks) => {
                self.recovered();
                sort(&mut tasks, request.upwards);
                self.lanes.claimed(&tasks);
                self.pace.claimed(self.engine.now(), request, tasks.len());
                self.dispatch(tasks, worker);
            }
            Err(error) => {
                self.doubt.arise(self.engine.now());
                self.failed(&error);
            }
        }
    }

    fn dispatch(&self, tasks: Vec<Claimed>, worker: WorkerId) {
        let bytes = tasks.iter().map(|task| task.metadata.len()).sum();
        self.engine.gauge.claimed(tasks.len(), bytes);
        self.engine.held.add(tasks.iter().map(|task| (task.id, task.lease)));
        for task in tasks {
            // The channel has no bound of its own: the pace is its bound.
            let _ = self.jobs.send(Job { task, worker });
        }
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
            self.pace.woken(engine.now());
        }
    }

    /// Says once that something is wrong, and once that it is over.
    fn failed(&mut self, error: &StoreError) {
        if !self.is_failing {
            log::warn!("no tasks can be claimed: {error}");
        }
        self.is_failing = true;
        self.pace.failed(self.engine.now(), fastrand::f64());
    }

    fn recovered(&mut self) {
        if self.is_failing {
            log::info!("tasks can be claimed again");
        }
        self.is_failing = false;
    }
}
