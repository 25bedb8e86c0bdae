//! Keeps every cron one tick ahead.

use crate::block_on::block_on;
use crate::engine::Engine;
use crate::supervisor::panicked;
use crate::waiting::Notify;
use fang_core::pool::Phase;
use fang_core::store::DueCron;
use fang_core::{QueueError, StoreError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long at most between two looks: for crons of whose change nobody told.
const LOOK_EVERY: Duration = Duration::from_secs(15);

pub(crate) struct CronKeeper {
    pub(crate) engine: Arc<Engine>,
    pub(crate) changed: Arc<Notify>,
}

impl CronKeeper {
    /// Fires what is due; returns when to look again. Also done before the first claim, so that a tick
    /// which was missed and is to be skipped is gone by then; if that fails, the next look follows.
    pub(crate) fn look(&self) -> Duration {
        self.run_once().unwrap_or_else(|error| {
            log::debug!("the crons could not be looked at: {error}");
            LOOK_EVERY
        })
    }

    /// Looks and fires until the pool drains.
    pub(crate) fn run(self) {
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            panicked("keeper of crons");
        }
    }

    fn work(&self) {
        while self.engine.phase.get() == Phase::Running {
            let wait = self.look();
            self.changed.wait(Some(wait));
        }
    }

    /// Fires what is due; returns how long nothing more will be.
    fn run_once(&self) -> Result<Duration, StoreError> {
        let crons = block_on(self.engine.store.crons())?;
        let mut has_fired = false;
        for cron in &crons.due {
            match self.fire(cron) {
                // Whether it was this pool or another, there is a new tick to wait for.
                Ok(_) => has_fired = true,
                Err(error) => log::warn!("the cron {:?} could not be fired: {error}", cron.name),
            }
        }
        let wait = if has_fired { Duration::ZERO } else { crons.next_in.unwrap_or(LOOK_EVERY) };
        Ok(wait.min(LOOK_EVERY))
    }

    fn fire(&self, cron: &DueCron) -> Result<bool, QueueError> {
        let tick = cron.tick(Uuid::now_v7)?;
        Ok(block_on(self.engine.store.fire(&tick))?)
    }
}
