//! Beats on an OS thread of its own, so that tasks cannot make the pool look dead; takes tasks back
//! from those who are.

use crate::block_on::block_on;
use crate::ear::Ear;
use crate::engine::Engine;
use crate::waiting::{Part, no_thread};
use fang_core::pool::{self, Lease, Phase};
use fang_core::pulse::Pulse;
use fang_core::store::{Beat, cancellations_of};
use fang_core::wake::Registration;
use fang_core::{Mode, StoreError};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often to look whether something was announced, where the store cannot tell on which socket that arrives.
const LISTEN_EVERY: Duration = Duration::from_millis(2);

/// How often within a second after something was: more is likely to come.
const LISTEN_OFTEN: Duration = Duration::from_millis(1);
const ATTENTION: Duration = Duration::from_secs(1);

/// Between two looks for cancelled tasks, however many are cancelled.
const CALM: Duration = Duration::from_millis(50);

/// How often to look while a run is known whose task was cancelled: it may end, and its task be claimed again, before
/// it hears of that.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(crate) struct Heart {
    engine: Arc<Engine>,
    ear: Ear,
    lease: Lease,
    pulse: Pulse,
    /// When something was announced.
    heard_at: Option<Instant>,
    /// Under which it hears of cancelled tasks.
    called: Option<Registration>,
}

impl Heart {
    pub(crate) fn new(engine: Arc<Engine>, ear: Ear, lease: Lease) -> Self {
        let pulse = Pulse::new(lease);
        Self { engine, ear, lease, pulse, heard_at: None, called: None }
    }

    /// Starts the thread, which ends when the pool has stopped; returns once the pool is registered.
    pub(crate) fn start(mut self) -> Result<Part, StoreError> {
        self.register()?;
        Part::spawn("fang-heart", move || self.run()).map_err(no_thread)
    }

    fn register(&mut self) -> Result<(), StoreError> {
        let info = pool::info(Mode::Blocking, &self.engine.shares, std::process::id());
        let worker = block_on(self.engine.store.register(&info))?;
        self.engine.born(worker);
        let engine = self.engine.clone();
        let wakes = self.engine.store.wakes();
        self.called = Some(wakes.register(&cancellations_of(worker), move |_| engine.bell.ring()));
        Ok(())
    }

    fn run(mut self) {
        while self.pause() {
            self.beat();
        }
        self.sign_off();
    }

    /// Whatever the pool still holds, it no longer works on.
    fn sign_off(&self) {
        let (store, worker) = (&self.engine.store, self.engine.worker());
        let outcome = block_on(store.disown(worker, &[])).map(|_| ());
        let outcome = outcome.and(block_on(store.retire(worker)));
        if let Err(error) = outcome {
            log::debug!("the pool could not sign off; its lease will run out: {error}");
        }
    }

    /// Waits for the next beat; listens meanwhile, and tells tasks that they were cancelled; `false` when the pool
    /// has stopped.
    fn pause(&mut self) -> bool {
        let next = Instant::now() + self.lease.next_beat(fastrand::f64());
        let mut look_at = Instant::now() + LOOK_EVERY;
        loop {
            let knows_any = self.engine.surroundings.runs.any_cancelled();
            let until = if knows_any { next.min(look_at) } else { next };
            let rest = until.saturating_duration_since(Instant::now());
            let wait = self.listen().map_or(rest, |until_next| until_next.min(rest));
            self.ear.wait(wait);
            let is_called = self.engine.bell.was_rung();
            let now = Instant::now();
            if self.engine.phase.get() >= Phase::Stopped {
                return false;
            }
            if now >= next {
                return true;
            }
            if is_called || (knows_any && now >= look_at) {
                self.look_for_cancelled();
                self.engine.phase.wait_for(Phase::Stopped, CALM);
                look_at = now + LOOK_EVERY;
            }
        }
    }

    /// Looks whether something was announced. Returns when to look again, if what comes next does not wake it; a store
    /// that cannot listen now is tried again after the next beat.
    fn listen(&mut self) -> Option<Duration> {
        let heard = block_on(self.engine.store.listen()).ok().flatten()?;
        if heard.announced > 0 {
            self.heard_at = Some(Instant::now());
        }
        if self.ear.listen_on(heard.arrives_on) {
            return None;
        }
        let is_attentive = self.heard_at.is_some_and(|at| at.elapsed() < ATTENTION);
        Some(if is_attentive { LISTEN_OFTEN } else { LISTEN_EVERY })
    }

    fn look_for_cancelled(&self) {
        match block_on(self.engine.store.cancellations(self.engine.worker())) {
            Ok(runs) => self.engine.cancel(runs),
            Err(error) => {
                log::debug!("which tasks were cancelled is asked again with the next beat: {error}")
            }
        }
    }

    fn beat(&mut self) {
        let began = Instant::now();
        match block_on(self.engine.store.heartbeat(self.engine.worker(), self.lease.dead_after)) {
            Ok(beat) => self.got_through(beat, began.elapsed()),
            Err(error) => self.unwell(&error),
        }
    }

    fn got_through(&mut self, beat: Beat, took: Duration) {
        let duty = self.pulse.got_through(beat, took);
        if duty.tell {
            log::info!("the database answers again");
        }
        if duty.register {
            self.reborn();
        }
        if duty.rescue {
            self.rescue();
        }
        if beat.has_cancellations || self.engine.surroundings.runs.any_cancelled() {
            self.look_for_cancelled();
        }
    }

    fn unwell(&mut self, error: &StoreError) {
        if self.pulse.failed() {
            log::warn!("the heartbeat does not get through: {error}");
        }
    }

    /// Declared dead: what it holds belongs to others now. It goes on as somebody new.
    fn reborn(&mut self) {
        let dead = self.engine.worker();
        match self.register() {
            Ok(()) => {
                log::warn!("worker {dead} was declared dead; the pool goes on as {}", self.engine.worker())
            }
            Err(error) => log::warn!("the pool cannot register again: {error}"),
        }
    }

    fn rescue(&self) {
        let rescue = self.lease.rescue(self.engine.worker());
        match block_on(self.engine.store.rescue(&rescue)) {
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
