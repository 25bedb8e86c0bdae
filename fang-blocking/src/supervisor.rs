//! Keeps the workers of a pool alive.

use crate::desk::Desk;
use crate::engine::{Engine, Job, Order};
use crate::executor;
use crate::niceness::yield_more;
use crate::overtime::Overtime;
use crate::waiting::Deadline;
use crossbeam_channel::{Receiver, Sender, unbounded};
use fang_core::pool::Phase;
use fang_core::results::Finished;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long tasks may take that are on their way to a worker when the pool gives up what runs.
const ABORT_GRACE: Duration = Duration::from_secs(1);

/// This many runs may take longer than their timeout at once, or as many as there are workers, before
/// they are no longer replaced: a stuck thread is never got rid of.
const MAX_OVERRUNS: usize = 16;

pub(crate) struct Supervisor {
    pub(crate) engine: Arc<Engine>,
    pub(crate) number_of_workers: usize,
    /// How much more than the other threads those of the workers yield.
    pub(crate) niceness: u8,
    pub(crate) jobs: Receiver<Order>,
    pub(crate) results: Sender<Finished>,
}

/// The workers of a pool that runs.
pub(crate) struct Workers {
    crew: Arc<Crew>,
    ended: Receiver<()>,
}

/// What the workers share.
pub(crate) struct Crew {
    pub(crate) overtime: Overtime,
    supervisor: Supervisor,
    desks: Mutex<Vec<Arc<Desk>>>,
    end: Sender<()>,
}

impl Supervisor {
    /// Starts the workers.
    pub(crate) fn start(self) -> std::io::Result<Workers> {
        let (end, ended) = unbounded();
        let number_of_workers = self.number_of_workers;
        let crew =
            Arc::new(Crew { overtime: Overtime::default(), supervisor: self, desks: Mutex::default(), end });
        let workers = Workers { crew, ended };
        workers.hire(number_of_workers)?;
        Ok(workers)
    }
}

impl Crew {
    /// Starts one worker.
    fn hire(self: &Arc<Self>) -> std::io::Result<()> {
        let desk = Arc::new(Desk::default());
        let worker = Worker { crew: self.clone(), desk: desk.clone() };
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, niceness) = (desks.len(), self.supervisor.niceness);
        thread::Builder::new().name(format!("fang-worker-{number}")).spawn(move || {
            be_nice(niceness, number);
            worker.run();
        })?;
        desks.push(desk);
        Ok(())
    }

    pub(crate) fn desks(&self) -> Vec<Arc<Desk>> {
        self.desks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts a worker in the place of one whose run takes too long; whether it could.
    pub(crate) fn replace(self: &Arc<Self>, overruns: usize) -> bool {
        if overruns > MAX_OVERRUNS.max(self.supervisor.engine.workers()) {
            log::error!(
                "{overruns} runs take longer than their timeouts: no more are replaced; restart the process"
            );
            return false;
        }
        let hired = self.hire();
        if let Err(error) = &hired {
            log::error!("a worker whose run takes too long could not be replaced: {error}");
        }
        if hired.is_ok() {
            self.supervisor.engine.gauge.replaced();
            self.supervisor.engine.notify.room();
        }
        hired.is_ok()
    }

    /// A worker has left its desk for good.
    fn leave(&self, desk: &Arc<Desk>) {
        self.desks.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| !Arc::ptr_eq(other, desk));
        let _ = self.end.send(());
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
    /// Starts so many more.
    pub(crate) fn hire(&self, count: usize) -> std::io::Result<()> {
        (0..count).try_for_each(|_| self.crew.hire())
    }

    /// Waits until all workers have ended, and hands back what still runs at the deadline; returns
    /// how many runs could not be waited for. A thread cannot be stopped.
    pub(crate) fn stop(&self, engine: &Engine, deadline: Deadline) -> usize {
        while !self.crew.desks().is_empty() && self.ended.recv_deadline(deadline.instant()).is_ok() {}
        engine.phase.set(Phase::Aborting);
        let (mut still_running, grace) = (0, Instant::now() + ABORT_GRACE);
        loop {
            still_running += self.crew.desks().iter().filter(|desk| desk.hand_back()).count();
            // One that a worker has just taken is on no desk yet.
            if engine.gauge.load().in_flight == 0 || Instant::now() > grace {
                return still_running;
            }
            thread::yield_now();
        }
    }
}

struct Worker {
    crew: Arc<Crew>,
    desk: Arc<Desk>,
}

impl Worker {
    /// Runs one task after the other, until there will be no more, fewer workers are wanted, or another has taken
    /// its place.
    fn run(&self) {
        let Supervisor { engine, jobs, .. } = &self.crew.supervisor;
        while let Ok(Order::Run(job)) = jobs.recv() {
            if engine.owns(&job) && !self.work(engine, job) {
                engine.gauge.replaced_ended();
                break;
            }
        }
        self.crew.leave(&self.desk);
    }

    /// Runs one task; whether this worker goes on.
    fn work(&self, engine: &Arc<Engine>, job: Job) -> bool {
        let unfinished = engine.begin(job, self.crew.supervisor.results.clone());
        self.desk.put(unfinished.shared());
        if engine.phase.get() >= Phase::Aborting {
            unfinished.hand_back();
            return true;
        }
        // What the executor cannot catch (a panic that panics when it is dropped) ends here.
        let executed = catch_unwind(AssertUnwindSafe(|| {
            executor::execute(engine, unfinished, &|context| {
                if let Some(deadline) = context.deadline() {
                    self.desk.expect(deadline, context.clone());
                    self.crew.overtime.watch(&self.crew, deadline);
                }
            });
        }));
        if let Err(panic) = executed {
            log::error!("a worker died and is replaced");
            // Dropping it may panic once more.
            std::mem::forget(panic);
            self.desk.fail();
        }
        !self.desk.clear()
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
