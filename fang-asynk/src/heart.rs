//! Beats on an OS thread of its own, so that tasks which hold up every thread of the runtime cannot
//! make the pool look dead; takes tasks back from those who are.

use crate::engine::Engine;
use fang_core::pool::{self, Lease, Phase};
use fang_core::pulse::Pulse;
use fang_core::store::{Beat, cancellations_of};
use fang_core::wake::Registration;
use fang_core::{Mode, StoreError};
use std::convert::Infallible;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How long signing off may take.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Between two looks for cancelled tasks, however many are cancelled.
const CALM: Duration = Duration::from_millis(50);

/// How often to look while a run is known whose task was cancelled: it may end, and its task be claimed again, before
/// it hears of that.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(crate) struct Heart {
    engine: Arc<Engine>,
    lease: Lease,
    /// Closed when the pool's other parts are gone without a shutdown, with their runtime.
    body: mpsc::Receiver<Infallible>,
    pulse: Pulse,
    /// Under which it hears of cancelled tasks.
    called: Option<Registration>,
}

impl Heart {
    pub(crate) fn new(engine: Arc<Engine>, lease: Lease, body: mpsc::Receiver<Infallible>) -> Self {
        let pulse = Pulse::new(lease);
        Self { engine, lease, body, pulse, called: None }
    }

    /// Starts the thread, which ends when the pool has stopped; returns once the pool is registered.
    pub(crate) async fn start(self) -> Result<JoinHandle<()>, StoreError> {
        let (tell, told) = oneshot::channel();
        let thread = self.spawn(tell).map_err(|error| StoreError::unreachable(Box::new(error)))?;
        match told.await {
            Ok(Ok(())) => Ok(thread),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StoreError::unreachable("the heart's thread ended before its first beat".into())),
        }
    }

    fn spawn(mut self, tell: oneshot::Sender<Result<(), StoreError>>) -> std::io::Result<JoinHandle<()>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("fang-heart".into()).spawn(move || {
            runtime.block_on(async move {
                // Here, so that the connection and the ear on it live on this thread as well.
                let registered = self.register().await;
                let is_born = registered.is_ok();
                if tell.send(registered).is_ok() && is_born {
                    self.run().await;
                }
            });
        })
    }

    async fn register(&mut self) -> Result<(), StoreError> {
        let info = pool::info(Mode::Asynk, &self.engine.shares, std::process::id());
        let worker = self.engine.store.register(&info).await?;
        self.engine.born(worker);
        let engine = self.engine.clone();
        let wakes = self.engine.store.wakes();
        self.called = Some(wakes.register(&cancellations_of(worker), move |_| engine.cancelled.notify_one()));
        Ok(())
    }

    async fn run(mut self) {
        while self.pause().await {
            self.beat().await;
        }
        if tokio::time::timeout(LAST_WORDS, self.sign_off()).await.is_err() {
            log::debug!("the pool could not sign off in time; its lease will run out");
        }
    }

    /// Whatever the pool still holds, it no longer works on. The engine's connections may just have
    /// gone down with their runtime, so a second try gets a fresh one.
    async fn sign_off(&self) {
        let (store, worker) = (&self.engine.store, self.engine.worker());
        let mut outcome = store.disown(worker, &[]).await;
        if outcome.is_err() {
            tokio::time::sleep(LAST_WORDS / 20).await;
            outcome = store.disown(worker, &[]).await;
        }
        let outcome = outcome.and(store.retire(worker).await);
        if let Err(error) = outcome {
            log::debug!("the pool could not sign off; its lease will run out: {error}");
        }
    }

    /// Waits for the next beat, and tells tasks meanwhile that they were cancelled; `false` when the pool has stopped.
    async fn pause(&mut self) -> bool {
        let interval = self.lease.next_beat(fastrand::f64());
        let next = tokio::time::Instant::now() + interval;
        let mut phase = self.engine.phase.subscribe();
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(next) => return true,
                _ = phase.wait_for(|phase| *phase == Phase::Stopped) => return false,
                _ = self.body.recv() => return false,
                () = self.engine.cancelled.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY), if self.engine.surroundings.runs.any_cancelled() => {}
            }
            self.look_for_cancelled().await;
            tokio::time::sleep(CALM).await;
        }
    }

    async fn look_for_cancelled(&self) {
        match self.engine.store.cancellations(self.engine.worker()).await {
            Ok(runs) => self.engine.cancel(runs),
            Err(error) => {
                log::debug!("which tasks were cancelled is asked again with the next beat: {error}")
            }
        }
    }

    async fn beat(&mut self) {
        let began = Instant::now();
        match self.engine.store.heartbeat(self.engine.worker(), self.lease.dead_after).await {
            Ok(beat) => self.got_through(beat, began.elapsed()).await,
            Err(error) => self.unwell(&error),
        }
    }

    async fn got_through(&mut self, beat: Beat, took: Duration) {
        let duty = self.pulse.got_through(beat, took);
        if duty.tell {
            log::info!("the database answers again");
        }
        if duty.register {
            self.reborn().await;
        }
        if duty.rescue {
            self.rescue().await;
        }
        if beat.has_cancellations || self.engine.surroundings.runs.any_cancelled() {
            self.look_for_cancelled().await;
        }
    }

    fn unwell(&mut self, error: &StoreError) {
        if self.pulse.failed() {
            log::warn!("the heartbeat does not get through: {error}");
        }
    }

    /// Declared dead: what it holds belongs to others now. It goes on as somebody new.
    async fn reborn(&mut self) {
        let dead = self.engine.worker();
        match self.register().await {
            Ok(()) => {
                log::warn!("worker {dead} was declared dead; the pool goes on as {}", self.engine.worker())
            }
            Err(error) => log::warn!("the pool cannot register again: {error}"),
        }
    }

    async fn rescue(&self) {
        let rescue = self.lease.rescue(self.engine.worker());
        match self.engine.store.rescue(&rescue).await {
            Ok(rescued) if rescued.buried + rescued.retried + rescued.failed > 0 => log::warn!(
                "{} workers died: {} of their tasks run again, {} failed after too many crashes, or were cancelled",
                rescued.buried,
                rescued.retried,
                rescued.failed
            ),
            Ok(_) => {}
            Err(error) => log::debug!("no tasks could be rescued: {error}"),
        }
    }
}
