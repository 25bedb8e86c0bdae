//! The worker threads of a pool.

use super::executor;
use super::niceness::yield_more;
use super::overtime::Overtime;
use super::slot::Slot;
use crate::handle::Handle;
use crossbeam_channel::{Receiver, Sender, unbounded};
use fang_engine::observed::observed;
use fang_engine::phase::Phase;
use fang_engine::runtime::BoxFuture;
use fang_engine::signal::Signal;
use fang_engine::state::{Job, Pool, TaskRun, Unfinished};
use fang_engine::workers::{Order, Workers};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long an abort waits for tasks that a worker has taken from the channel but not yet put into its slot.
const ABORT_GRACE: Duration = Duration::from_secs(1);

/// How often an abort looks for such tasks.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// At most this many workers are replaced at the same time because their runs exceed the timeout, or as many as the
/// pool has workers, if that is more. A stuck thread cannot be ended, so the number of threads needs a limit.
const MAX_OVERRUNS: usize = 16;

/// The worker threads of a pool, and the state they share.
pub(crate) struct Crew {
    pub(super) overtime: Overtime,
    pool: Arc<Pool>,
    /// The queue as tasks use it.
    queue: Handle,
    /// Added to the nice value of the worker threads.
    niceness: u8,
    /// `None` once the pool takes no more tasks. The claimer sends, the shutdown closes.
    orders: Mutex<Option<Sender<Order>>>,
    waiting: Receiver<Order>,
    /// One slot for each thread. Workers add and remove their own; the shutdown and `Overtime` read.
    slots: Mutex<Vec<Arc<Slot>>>,
    /// Notified when a worker ends. Only the shutdown waits for it.
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
            // Ends the workers that have started.
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

    /// Tells of a run that has exceeded its timeout.
    pub(super) fn overran(&self, run: &TaskRun) {
        self.pool.state.overran(run);
    }

    /// Starts a worker in place of one whose run exceeds its timeout. Returns whether a worker was started.
    pub(super) fn replace(self: &Arc<Self>, overruns: usize) -> bool {
        if overruns > MAX_OVERRUNS.max(self.pool.state.workers()) {
            log::error!(
                "{overruns} runs exceed their timeouts, so no more workers are replaced; restart the process"
            );
            return false;
        }
        let hired = self.hire();
        if let Err(error) = &hired {
            log::error!(
                "a worker whose run exceeds its timeout could not be replaced; allow more threads: {error}"
            );
        }
        if hired.is_ok() {
            self.pool.state.gauge.replaced();
            self.pool.room.notify();
        }
        hired.is_ok()
    }

    /// Removes the slot of a worker that has ended.
    fn leave(&self, slot: &Arc<Slot>) {
        lock(&self.slots).retain(|other| !Arc::ptr_eq(other, slot));
        self.one_ended.notify();
    }

    /// Sends an order to the next free worker. Returns the order if the pool takes no more.
    fn send(&self, order: Order) -> Option<Order> {
        match &*lock(&self.orders) {
            Some(orders) => orders.send(order).err().map(|refused| refused.0),
            None => Some(order),
        }
    }

    fn close(&self) -> Vec<Arc<Job>> {
        drop(lock(&self.orders).take());
        self.take_waiting()
    }

    fn take_waiting(&self) -> Vec<Arc<Job>> {
        let (jobs, leaving) = Order::sort(self.waiting.try_iter());
        for order in leaving {
            self.send(order);
        }
        jobs
    }
}

/// The crew behind the trait of the engine. Hiring a thread needs the `Arc`.
struct Threads(Arc<Crew>);

impl Drop for Threads {
    /// Each worker has an `Arc` of the crew and ends only when the crew is closed.
    fn drop(&mut self) {
        drop(self.0.close());
    }
}

impl Workers for Threads {
    fn run(&self, job: Arc<Job>) {
        // The channel is unbounded, since the claimer limits how much it claims.
        if let Some(Order::Run(job)) = self.0.send(Order::Run(job)) {
            // A slow claim has returned after the workers ended.
            Unfinished::new(self.0.pool.clone(), job).hand_back();
        }
    }

    fn resize(&self, before: usize, after: usize) -> io::Result<()> {
        for _ in after..before {
            self.0.send(Order::Leave);
        }
        (before..after).try_for_each(|_| self.0.hire())
    }

    fn take_waiting(&self) -> Vec<Arc<Job>> {
        self.0.take_waiting()
    }

    fn close(&self) -> Vec<Arc<Job>> {
        self.0.close()
    }

    fn ended(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            while !self.0.slots().is_empty() {
                self.0.one_ended.notified().await;
            }
        })
    }

    /// Gives back the tasks that still run, since their threads cannot be stopped.
    fn abort(&self) -> BoxFuture<'_, usize> {
        Box::pin(async {
            let (mut still_running, grace) = (0, Instant::now() + ABORT_GRACE);
            loop {
                still_running += self.0.slots().iter().filter(|slot| slot.hand_back()).count();
                // A task that a worker has just taken is not in its slot yet.
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
    /// Runs one task after the other, until the channel closes, it is told to leave, or another worker has replaced
    /// it.
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

    /// Runs one task. Returns whether this worker takes another one.
    fn work(&self, job: Arc<Job>) -> bool {
        let Crew { pool, queue, .. } = &*self.crew;
        let unfinished = Unfinished::new(pool.clone(), job);
        self.slot.put(unfinished.share());
        if pool.phase.get() >= Phase::Aborting {
            unfinished.hand_back();
            return true;
        }
        // Catches the panics that the executor cannot: one whose payload panics when it is dropped, and one of a subscriber
        // of traces.
        let executed = catch_unwind(AssertUnwindSafe(|| {
            executor::execute(pool, queue, &unfinished, self);
        }));
        if let Err(panic) = executed {
            observed(|| {
                log::error!(
                    "a task panicked where it could not be caught: it fails, and its worker goes on; the cause is a panic \
                     that panics when it is dropped, or a subscriber of traces"
                );
            });
            // Dropping the payload may panic again.
            std::mem::forget(panic);
            unfinished.fail();
        }
        !self.slot.clear()
    }
}

/// Sets the niceness of the calling worker. Only the first worker logs a refusal, since the system refuses all alike.
fn be_nice(niceness: u8, number: usize) {
    if let Err(error) = yield_more(niceness)
        && number == 0
    {
        log::warn!(
            "the system refused niceness {niceness}; the workers run with the usual priority: {error}"
        );
    }
}

impl executor::Watch for Worker {
    fn begins(&self, run: &Arc<TaskRun>) {
        if let Some(deadline) = run.deadline() {
            self.slot.expect(deadline, run.clone());
            self.crew.overtime.watch(&self.crew, deadline);
        }
    }

    fn ended(&self) {
        self.slot.run_ended();
    }
}

/// Ignores poisoning: the values behind these locks are never half-written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
