//! Takes tasks out of the store and hands them to the workers.

mod hold;

use crate::engine::{Engine, Job, Order};
use crate::holder::{HeldBatch, Holders};
use crate::supervisor::panicked;
use fang_core::StoreError;
use fang_core::held::Doubt;
use fang_core::hold::Worth;
use fang_core::lanes::{Start, sort};
use fang_core::load::Load;
use fang_core::pace::Request;
use fang_core::pool::Phase;
use fang_core::results::Finished;
use fang_core::rota::{Next, Rota};
use fang_core::store::{Claim, Claimed, WorkerId};
use fang_core::suspects::{Suspects, Turn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Claimer {
    engine: Arc<Engine>,
    jobs: crossbeam_channel::Sender<Order>,
    results: crossbeam_channel::Sender<Finished>,
    rota: Rota,
    suspects: Suspects,
    doubt: Doubt,
    holders: Holders,
    worth: Worth,
    is_failing: bool,
}

impl Claimer {
    pub(crate) fn new(
        engine: Arc<Engine>,
        jobs: crossbeam_channel::Sender<Order>,
        results: crossbeam_channel::Sender<Finished>,
        rota: Rota,
        suspects: Suspects,
        holders: Holders,
    ) -> Self {
        let (doubt, worth) = (Doubt::default(), Worth::default());
        Self { engine, jobs, results, rota, suspects, doubt, holders, worth, is_failing: false }
    }

    /// Claims until the pool drains.
    pub(crate) fn run(mut self) {
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            panicked("claimer");
        }
        self.suspects.take_all().into_iter().for_each(|(task, task_type)| self.give_back(task, task_type));
    }

    fn work(&mut self) {
        while self.engine.phase.get() == Phase::Running {
            let load = self.engine.gauge.load();
            match self.suspects.turn(self.engine.now(), load, &self.engine.held) {
                Turn::Work { look_after } => self.go_on(load, look_after),
                Turn::Wait { at_most, until_idle } => self.sleep(Some(at_most), until_idle.then_some(0)),
                Turn::Try { task, task_type } => self.try_suspect(task, task_type),
            }
        }
    }

    fn go_on(&mut self, load: Load, look_after: Option<Duration>) {
        if self.engine.take_came_back() {
            self.rota.came_back();
        }
        match self.rota.next(self.engine.now(), load, self.engine.workers()) {
            Next::Claim { turn, request } if self.is_to_hold(turn, load) => self.hold(turn, request),
            Next::Claim { turn, request } => self.claim(turn, request),
            Next::Sleep { at_most, until_in_flight } => {
                self.sleep(at_most.into_iter().chain(look_after).min(), until_in_flight);
            }
        }
    }

    fn claim(&mut self, turn: usize, mut request: Request) {
        let worker = self.engine.worker();
        if self.holders.take_apart() {
            request.start = Start::Beginning;
        }
        if self.doubt.is_due(self.engine.now()) {
            if let Err(error) = self.engine.store.disown(worker, &self.engine.held.list()) {
                return self.failed(&error);
            }
            self.doubt.settled(self.engine.now());
        }
        let lanes = self.rota.lanes(turn).in_order(request.upwards, request.start);
        let task_type = self.rota.task_type(turn).clone();
        let Request { limit, crowded, .. } = request;
        let claim = Claim { worker, task_type: &task_type, limit, lanes: &lanes, crowded };
        match self.claim_beside(&claim) {
            Ok(mut tasks) => {
                self.recovered();
                sort(&mut tasks, request.upwards);
                self.rota.claimed(turn, self.engine.now(), request, &tasks);
                self.engine.held.add(tasks.iter().map(|task| (task.id, task.lease)));
                self.suspects.pick(self.engine.now(), &task_type, &mut tasks);
                self.dispatch(tasks, &task_type, worker, None);
                self.holders.tidy(worker);
            }
            Err(error) => {
                self.doubt.arise(self.engine.now());
                self.rota.gave_up(turn, self.engine.now(), request);
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
        match self.engine.store.suspect(worker, task.id, task.lease) {
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
            self.woken();
        }
    }

    fn woken(&mut self) {
        for turn in 0..self.rota.len() {
            if let Some(announced) = self.engine.take_inserted(turn) {
                self.rota.woken(turn, self.engine.now(), announced);
            }
        }
    }

    /// Says once that something is wrong, and once that it is over.
    fn failed(&mut self, error: &StoreError) {
        if !self.is_failing {
            log::warn!("no tasks can be claimed: {error}");
        }
        self.is_failing = true;
        self.rota.failed(self.engine.now(), fastrand::f64());
    }

    fn recovered(&mut self) {
        if self.is_failing {
            log::info!("tasks can be claimed again");
        }
        self.is_failing = false;
    }
}
