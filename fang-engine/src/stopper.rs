//! Shuts pools down at a signal, on threads of the library: tasks may block every thread of the application's runtime.

use crate::parts::Running as Pool;
use crate::runtime::{BoxFuture, Runtime};
use crate::settings::{GOES_ON_WITHIN, Shutdown};
use crate::signal::{Latch, first_of};
use crate::signals::Signals;
use async_channel::{Receiver, Sender, bounded};
use fang_core::{Mode, QueueError};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The application gets this long to go on, even after the deadline.
const AT_LEAST: Duration = Duration::from_millis(100);

/// A running pool, until its stopper takes it to shut it down.
type Slot = Arc<Mutex<Option<Pool>>>;

/// The call of the application that waits for pools. It goes on once this is dropped.
#[derive(Debug)]
pub(crate) struct Call(Arc<Waited>);

#[derive(Debug)]
struct Waited {
    /// How many of its pools have not stopped. One more while they start.
    pools: AtomicUsize,
    /// Whether async runs could not be stopped. They block threads of the runtime.
    is_blocked: AtomicBool,
    goes_on: Latch,
}

/// A pool that a stopper shuts down at a signal.
pub(crate) struct Stopping {
    slot: Slot,
    orders: Arc<Orders>,
    report: Receiver<Shutdown>,
}

/// What the application asks of a stopper.
#[derive(Default)]
struct Orders {
    shut_down: Latch,
    leave: Latch,
}

struct Stopper {
    slot: Slot,
    orders: Arc<Orders>,
    /// A tool asks the pool to stop.
    asked: BoxFuture<'static, ()>,
    tell: Sender<Shutdown>,
    signals: Signals,
    call: Arc<Waited>,
    runtime: Arc<dyn Runtime>,
    deadline: Duration,
}

/// Gives the pool back if the application gives up waiting for a signal.
struct GiveBack<'a> {
    from: Stopping,
    to: &'a mut Option<Pool>,
}

/// Waits for a signal, then shuts the pool down. Ends the process if the runtime of the application does not go on.
///
/// # Errors
/// [`QueueError::Signals`] when the system cannot start a thread.
pub async fn stop_at_signal(
    pool: &mut Option<Pool>,
    signals: Signals,
    deadline: Duration,
) -> Result<Shutdown, QueueError> {
    let call = Call::new();
    let from = Stopping::begin(pool, signals, deadline, &call)?;
    call.has_started();
    let waiting = GiveBack { from, to: pool };
    Ok(waiting.from.report().await)
}

impl Call {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Waited {
            pools: AtomicUsize::new(1),
            is_blocked: AtomicBool::new(false),
            goes_on: Latch::default(),
        }))
    }

    /// Tells that no more pools will be started.
    pub(crate) fn has_started(&self) {
        self.0.one_less();
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.goes_on.set();
    }
}

impl Waited {
    /// Returns whether this was the last one.
    fn one_less(&self) -> bool {
        self.pools.fetch_sub(1, Ordering::SeqCst) == 1
    }
}

impl Stopping {
    /// Starts the stopper of a pool that has started. The pool stays where it is if that fails.
    pub(crate) fn begin(
        pool: &mut Option<Pool>,
        signals: Signals,
        deadline: Duration,
        call: &Call,
    ) -> Result<Self, QueueError> {
        let Some(running) = pool.take() else { return Ok(Self::of_none()) };
        running.is_known_to(&signals.starting());
        let runtime = running.runtime();
        let asked = running.is_awaited(true);
        let (slot, orders) = (Arc::new(Mutex::new(Some(running))), Arc::<Orders>::default());
        let (tell, report) = bounded(1);
        let stopping = Self { slot: slot.clone(), orders: orders.clone(), report };
        let (thread, call) = (runtime.clone(), call.0.clone());
        call.pools.fetch_add(1, Ordering::SeqCst);
        let stopper = Stopper { slot, orders, asked, tell, signals, call, runtime, deadline };
        if let Err(error) = thread.spawn_thread("fang-stopper", Box::pin(stopper.run())) {
            *pool = take(&stopping.slot).inspect(|pool| drop(pool.is_awaited(false)));
            return Err(QueueError::Signals(error));
        }
        Ok(stopping)
    }

    fn of_none() -> Self {
        Self { slot: Slot::default(), orders: Arc::default(), report: bounded(1).1 }
    }

    /// Shuts the pool down without a signal.
    pub(crate) fn shut_down(&self) {
        self.orders.shut_down.set();
    }

    /// Waits until the pool has stopped.
    pub(crate) async fn report(&self) -> Shutdown {
        self.report.recv().await.unwrap_or_default()
    }
}

impl Stopper {
    async fn run(mut self) {
        let (signalled, orders) = (Box::pin(self.signals.first()), &self.orders);
        let ordered = Box::pin(orders.shut_down.wait());
        let asked = Box::pin(&mut self.asked);
        if first_of([signalled as _, ordered, Box::pin(orders.leave.wait()), asked]).await == 2 {
            return;
        }
        let Some(pool) = take(&self.slot) else { return };
        let ends_by = Instant::now() + self.deadline;
        let report = pool.stop_within(self.deadline).await;
        if report.still_running > 0 && self.runtime.mode() == Mode::Asynk {
            self.call.is_blocked.store(true, Ordering::SeqCst);
        }
        // The application may have given up waiting.
        let _ = self.tell.send(report).await;
        if self.call.one_less() {
            self.see_it_go_on(ends_by).await;
        }
    }

    /// Ends the process if its runtime is blocked. A runtime that is dropped waits for the tasks that block it.
    async fn see_it_go_on(self, ends_by: Instant) {
        let is_blocked = self.call.is_blocked.load(Ordering::SeqCst);
        let rest = ends_by.saturating_duration_since(Instant::now());
        // Both waits below have to fit.
        let span = if is_blocked { (rest / 2).min(GOES_ON_WITHIN) } else { rest }.max(AT_LEAST);
        let time = self.runtime.sleep(span);
        let goes_on = first_of([Box::pin(self.call.goes_on.wait()) as _, time]).await == 0;
        if goes_on && !is_blocked {
            return;
        }
        if goes_on {
            self.runtime.sleep(span).await;
        }
        if is_blocked {
            log::error!("tasks still block threads of the runtime after the shutdown: the process ends");
        } else {
            log::error!("the application does not go on after the shutdown: the process ends");
        }
        self.signals.end_the_process();
    }
}

impl Drop for GiveBack<'_> {
    fn drop(&mut self) {
        self.from.orders.leave.set();
        *self.to = take(&self.from.slot).inspect(|pool| drop(pool.is_awaited(false)));
    }
}

fn take(slot: &Slot) -> Option<Pool> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}
