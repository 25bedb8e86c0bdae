//! Keeps the workers of a pool alive.

use crate::engine::{Engine, Job, Unfinished};
use crate::executor;
use crate::niceness::yield_more;
use crate::waiting::Deadline;
use crossbeam_channel::{Receiver, Sender, unbounded};
use fang_core::decide::failed_by_default;
use fang_core::pool::Phase;
use fang_core::results::Finished;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long tasks may take that are on their way to a worker when the pool gives up what runs.
const ABORT_GRACE: Duration = Duration::from_secs(1);

pub(crate) struct Supervisor {
    pub(crate) engine: Arc<Engine>,
    pub(crate) number_of_workers: usize,
    /// How much more than the other threads those of the workers yield.
    pub(crate) niceness: u8,
    pub(crate) jobs: Receiver<Job>,
    pub(crate) results: Sender<Finished>,
}

/// The workers of a pool that runs.
pub(crate) struct Workers {
    desks: Vec<Arc<Desk>>,
    ended: Receiver<()>,
}

/// What a worker works on, where others can see it.
#[derive(Default)]
struct Desk(Mutex<Option<Unfinished>>);

impl Supervisor {
    /// Starts the workers.
    pub(crate) fn start(&self) -> std::io::Result<Workers> {
        let (end, ended) = unbounded();
        let desks: Vec<Arc<Desk>> = (0..self.number_of_workers).map(|_| Arc::default()).collect();
        for (number, desk) in desks.iter().enumerate() {
            let worker = Worker {
                engine: self.engine.clone(),
                jobs: self.jobs.clone(),
                results: self.results.clone(),
                desk: desk.clone(),
            };
            let (end, niceness) = (end.clone(), self.niceness);
            thread::Builder::new().name(format!("fang-worker-{number}")).spawn(move || {
                be_nice(niceness, number);
                worker.run();
                let _ = end.send(());
            })?;
        }
        Ok(Workers { desks, ended })
    }
}

/// For the worker that calls. What the system refuses one of them it refuses all: the first tells.
fn be_nice(niceness: u8, number: usize) {
    if let Err(error) = yield_more(niceness)
        && number == 0
    {
        log::warn!("the workers cannot yield by {niceness}, and run as urgently as all else: {error}");
    }
}

impl Workers {
    /// Waits until all workers have ended, and hands back what still runs at the deadline; returns
    /// how many runs could not be waited for. A thread cannot be stopped.
    pub(crate) fn stop(&self, engine: &Engine, deadline: Deadline) -> usize {
        let mut left = self.desks.len();
        while left > 0 && self.ended.recv_deadline(deadline.instant()).is_ok() {
            left -= 1;
        }
        engine.phase.set(Phase::Aborting);
        let (mut still_running, grace) = (0, Instant::now() + ABORT_GRACE);
        loop {
            still_running += self.desks.iter().filter(|desk| desk.hand_back()).count();
            // One that a worker has just taken is on no desk yet.
            if engine.gauge.load().in_flight == 0 || Instant::now() > grace {
                return still_running;
            }
            thread::yield_now();
        }
    }
}

impl Desk {
    fn put(&self, unfinished: Option<Unfinished>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = unfinished;
    }

    /// The task has failed, without a result of its own.
    fn fail(&self) {
        let unfinished = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(unfinished) = unfinished {
            unfinished.finish(failed_by_default("its worker died while it ran".to_owned()));
        }
    }

    fn hand_back(&self) -> bool {
        let unfinished = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        unfinished.is_some_and(|unfinished| unfinished.hand_back())
    }
}

struct Worker {
    engine: Arc<Engine>,
    jobs: Receiver<Job>,
    results: Sender<Finished>,
    desk: Arc<Desk>,
}

impl Worker {
    /// Runs one task after the other, until there will be no more.
    fn run(&self) {
        while let Ok(job) = self.jobs.recv() {
            if !self.engine.owns(&job) {
                continue;
            }
            let unfinished = self.engine.begin(job, self.results.clone());
            self.desk.put(Some(unfinished.shared()));
            if self.engine.phase.get() >= Phase::Aborting {
                unfinished.hand_back();
                continue;
            }
            // What the executor cannot catch (a panic that panics when it is dropped) ends here.
            let executed = catch_unwind(AssertUnwindSafe(|| executor::execute(&self.engine, unfinished)));
            if let Err(panic) = executed {
                log::error!("a worker died and is replaced");
                // Dropping it may panic once more.
                std::mem::forget(panic);
                self.desk.fail();
            }
            self.desk.put(None);
        }
    }
}

/// How long a part pauses that has panicked.
const PANIC_PAUSE: Duration = Duration::from_secs(1);

/// Says that a part of the pool has panicked, and pauses before it goes on: none but the workers run
/// the application's code, so that is a defect, which must not stop the pool without a word.
pub(crate) fn panicked(name: &str) {
    log::error!("the {name} panicked and goes on");
    thread::sleep(PANIC_PAUSE);
}
