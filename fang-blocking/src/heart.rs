//! Beats on an OS thread of its own, so that tasks cannot make the pool look dead; takes tasks back
//! from those who are.

use crate::engine::Engine;
use crate::waiting::{Part, no_thread};
use fang_core::StoreError;
use fang_core::pool::{Lease, Phase};
use fang_core::pulse::Pulse;
use fang_core::store::{Beat, Rescue};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often to look whether something was announced. It costs the server nothing and this process a
/// look at a socket: libpq offers no other way to wait for one without `unsafe`.
const LISTEN_EVERY: Duration = Duration::from_millis(2);

pub(crate) struct Heart {
    engine: Arc<Engine>,
    lease: Lease,
    pulse: Pulse,
}

impl Heart {
    pub(crate) fn new(engine: Arc<Engine>, lease: Lease) -> Self {
        let pulse = Pulse::new(lease);
        Self { engine, lease, pulse }
    }

    /// Starts the thread, which ends when the pool has stopped; returns once the pool is registered.
    pub(crate) fn start(self) -> Result<Part, StoreError> {
        self.register()?;
        Part::spawn("fang-heart", move || self.run()).map_err(no_thread)
    }

    fn register(&self) -> Result<(), StoreError> {
        let info = serde_json::json!({
            "mode": "blocking",
            "task_type": &*self.engine.surroundings.task_type,
            "pid": std::process::id(),
        });
        let worker = self.engine.store.register(&info.to_string())?;
        self.engine.born(worker);
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
        let outcome = store.disown(worker, &[]).map(|_| ());
        let outcome = outcome.and(store.retire(worker));
        if let Err(error) = outcome {
            log::debug!("the pool could not sign off; its lease will run out: {error}");
        }
    }

    /// Waits for the next beat, and listens meanwhile; `false` when the pool has stopped.
    fn pause(&self) -> bool {
        let next = Instant::now() + self.lease.beat_every.mul_f64(0.9 + fastrand::f64() / 10.0);
        loop {
            let rest = next.saturating_duration_since(Instant::now());
            // One that cannot listen now is tried again after the next beat.
            let wait = match self.engine.store.listen() {
                Ok(true) => rest.min(LISTEN_EVERY),
                Ok(false) | Err(_) => rest,
            };
            if self.engine.phase.wait_for(Phase::Stopped, wait) {
                return false;
            }
            if wait == rest {
                return true;
            }
        }
    }

    fn beat(&mut self) {
        let began = Instant::now();
        match self.engine.store.heartbeat(self.engine.worker(), self.lease.dead_after) {
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
    }

    fn unwell(&mut self, error: &StoreError) {
        if self.pulse.failed() {
            log::warn!("the heartbeat does not get through: {error}");
        }
    }

    /// Declared dead: what it holds belongs to others now. It goes on as somebody new.
    fn reborn(&self) {
        let dead = self.engine.worker();
        match self.register() {
            Ok(()) => {
                log::warn!("worker {dead} was declared dead; the pool goes on as {}", self.engine.worker())
            }
            Err(error) => log::warn!("the pool cannot register again: {error}"),
        }
    }

    fn rescue(&self) {
        let rescue = Rescue {
            by: Some(self.engine.worker()),
            lease: self.lease.dead_after,
            max_crashes: self.lease.max_crashes,
        };
        match self.engine.store.rescue(&rescue) {
            Ok(rescued) if rescued.buried + rescued.retried + rescued.failed > 0 => log::warn!(
                "{} workers died: {} of their tasks run again, {} failed after too many crashes",
                rescued.buried,
                rescued.retried,
                rescued.failed
            ),
            Ok(_) => {}
            Err(error) => log::debug!("no tasks could be rescued: {error}"),
        }
    }
}
