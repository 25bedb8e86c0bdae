//! The worker threads of a pool.

use super::niceness::yield_more;
use super::overtime::Overtime;
use super::slot::Slot;
use super::{Order, executor};
use crate::handle::Handle;
use crossbeam_channel::{Receiver, Sender, unbounded};
use fang_engine::phase::Phase;
use fang_engine::runtime::BoxFuture;
use fang_engine::signal::Signal;
use fang_engine::state::{Job, Pool, Unfinished};
use fang_engine::workers::Workers;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long tasks may take that are on their way to a worker when the pool gives up what runs.
const ABORT_GRACE: Duration = Duration::from_secs(1);

/// How often to look meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// This many runs may take longer than their timeout at once, or as many as there are workers, before they are no longer
/// replaced: a stuck thread is never got rid of.
const MAX_OVERRUNS: usize = 16;

/// The worker threads of a pool, and what they share.
pub(crate) struct Crew {
    pub(super) overtime: Overtime,
    pool: Arc<Pool>,
    /// The queue as tasks use it.
    queue: Handle,
    /// How much more than the other threads those of the workers yield.
    niceness: u8,
    /// `None` once no more tasks are taken. The claimer sends, the shutdown closes.
    orders: Mutex<Option<Sender<Order>>>,
    waiting: Receiver<Order>,
    /// One for each thread. Workers add and remove their own; the shutdown and the overtime read.
    slots: Mutex<Vec<Arc<Slot>>>,
    /// A worker has ended. Only the shutdown waits for it.
    one_ended: Signal,
}

impl Crew {
    /// Starts the workers of a pool.
    pub(crate) fn start(pool: &Arc<Pool>, queue: Handle, niceness: u8) -> io::Result<Arc<dyn Workers>> {
        let (orders, waiting) = unbounded();
        let crew = Arc::new(Self {
            overtime: Overtime::default(),
            pool: pool.clone(),
            queue,
            niceness,
            orders: Mutex::new(Some(orders)),
            waiting,
            slots: Mutex::default(),
            one_ended: Signal::default(),
        });
        let started = (0..pool.state.workers()).try_for_each(|_| crew.hire());
        if started.is_err() {
            // Those that were started end.
            crew.close();
        }
        started.map(|()| Arc::new(Threads(crew)) as _)
    }

    /// Starts one worker.
    fn hire(self: &Arc<Self>) -> io::Result<()> {
        let slot = Arc::new(Slot::default());
        let worker = Worker { crew: self.clone(), slot: slot.clone() };
        let mut slots = lock(&self.slots);
        let (number, niceness) = (slots.len(), self.niceness);
        thread::Builder::new().name(format!("fang-worker-{number}")).spawn(move || {
            be_nice(niceness, number);
            worker.run();
        })?;
        slots.push(slot);
        Ok(())
    }

    pub(super) fn slots(&self) -> Vec<Arc<Slot>> {
        lock(&self.slots).clone()
    }

    /// Starts a worker in the place of one whose run takes too long. Returns whether it could.
    pub(super) fn replace(self: &Arc<Self>, overruns: usize) -> bool {
        if overruns > MAX_OVERRUNS.max(self.pool.state.workers()) {
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
            self.pool.state.gauge.replaced();
            self.pool.room.notify();
        }
        hired.is_ok()
    }

    /// A worker has left its slot for good.
    fn leave(&self, slot: &Arc<Slot>) {
        lock(&self.slots).retain(|other| !Arc::ptr_eq(other, slot));
        self.one_ended.notify();
    }

    /// Returns the order if no more are taken.
    fn send(&self, order: Order) -> Option<Order> {
        match &*lock(&self.orders) {
            Some(orders) => orders.send(order).err().map(|refused| refused.0),
            None => Some(order),
        }
    }

    fn close(&self) -> Vec<Job> {
        drop(lock(&self.orders).take());
        let jobs = self.waiting.try_iter().filter_map(|order| match order {
            Order::Run(job) => Some(job),
            Order::Leave => None,
        });
        jobs.collect()
    }
}

/// The crew, as the other parts of the pool see it. Threads can be hired only for one that is shared.
struct Threads(Arc<Crew>);

impl Drop for Threads {
    /// The workers hold their crew, and end only when it is closed.
    fn drop(&mut self) {
        drop(self.0.close());
    }
}

impl Workers for Threads {
    fn run(&self, job: Job) {
        // The channel has no bound of its own: the pace of the claimer is its bound.
        if let Some(Order::Run(job)) = self.0.send(Order::Run(job)) {
            // The workers have ended before a claim that took too long.
            Unfinished::new(self.0.pool.clone(), job).hand_back();
        }
    }

    fn resize(&self, before: usize, after: usize) -> io::Result<()> {
        for _ in after..before {
            self.0.send(Order::Leave);
        }
        (before..after).try_for_each(|_| self.0.hire())
    }

    fn close(&self) -> Vec<Job> {
        self.0.close()
    }

    fn ended(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            while !self.0.slots().is_empty() {
                self.0.one_ended.notified().await;
            }
        })
    }

    /// A thread cannot be stopped, so its task is handed back.
    fn abort(&self) -> BoxFuture<'_, usize> {
        Box::pin(async {
            let (mut still_running, grace) = (0, Instant::now() + ABORT_GRACE);
            loop {
                still_running += self.0.slots().iter().filter(|slot| slot.hand_back()).count();
                // A task that a worker has just taken is in no slot yet.
                if self.0.pool.state.gauge.load().in_flight == 0 || Instant::now() > grace {
                    return still_running;
                }
                self.0.pool.sleep(LOOK_EVERY).await;
            }
        })
    }
}

struct Worker {
    crew: Arc<Crew>,
    slot: Arc<Slot>,
}

impl Worker {
    /// Runs one task after the other, until there will be no more, fewer workers are wanted, or another has taken its
    /// place.
    fn run(&self) {
        let pool = &self.crew.pool;
        while let Ok(Order::Run(job)) = self.crew.waiting.recv() {
            if pool.owns(&job) && !self.work(job) {
                pool.state.gauge.replaced_ended();
                break;
            }
        }
        self.crew.leave(&self.slot);
    }

    /// Runs one task. Returns whether this worker goes on.
    fn work(&self, job: Job) -> bool {
        let Crew { pool, queue, .. } = &*self.crew;
        let unfinished = Unfinished::new(pool.clone(), job);
        self.slot.put(unfinished.share());
        if pool.phase.get() >= Phase::Aborting {
            unfinished.hand_back();
            return true;
        }
        // What the executor cannot catch (a panic that panics when it is dropped) ends here.
        let executed = catch_unwind(AssertUnwindSafe(|| {
            executor::execute(pool, queue, &unfinished, &|run| {
                if let Some(deadline) = run.deadline() {
                    self.slot.expect(deadline, run.clone());
                    self.crew.overtime.watch(&self.crew, deadline);
                }
            });
        }));
        if let Err(panic) = executed {
            log::error!("a worker died and is replaced");
            // Dropping it may panic once more.
            std::mem::forget(panic);
            unfinished.fail();
        }
        !self.slot.clear()
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

/// No value behind these locks is ever left half-written, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
