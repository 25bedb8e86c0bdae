//! Keeps every cron one tick ahead.

use crate::engine::Engine;
use crate::supervisor::panicked;
use fang_core::pool::Phase;
use fang_core::store::DueCron;
use fang_core::{QueueError, StoreError};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
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
    pub(crate) async fn look(&self) -> Duration {
        self.run_once().await.unwrap_or_else(|error| {
            log::debug!("the crons could not be looked at: {error}");
            LOOK_EVERY
        })
    }

    /// Looks and fires until the pool drains.
    pub(crate) async fn run(self) {
        while AssertUnwindSafe(self.work()).catch_unwind().await.is_err() {
            panicked("keeper of crons").await;
        }
    }

    async fn work(&self) {
        let mut phase = self.engine.phase.subscribe();
        while *phase.borrow() == Phase::Running {
            let wait = self.look().await;
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.changed.notified() => {}
                _ = phase.changed() => {}
            }
        }
    }

    /// Fires what is due; returns how long nothing more will be.
    async fn run_once(&self) -> Result<Duration, StoreError> {
        let crons = self.engine.store.crons().await?;
        let mut has_fired = false;
        for cron in &crons.due {
            match self.fire(cron).await {
                // Whether it was this pool or another, there is a new tick to wait for.
                Ok(_) => has_fired = true,
                Err(error) => log::warn!("the cron {:?} could not be fired: {error}", cron.name),
            }
        }
        let wait = if has_fired { Duration::ZERO } else { crons.next_in.unwrap_or(LOOK_EVERY) };
        Ok(wait.min(LOOK_EVERY))
    }

    async fn fire(&self, cron: &DueCron) -> Result<bool, QueueError> {
        let tick = cron.tick(Uuid::now_v7)?;
        Ok(self.engine.store.fire(&tick).await?)
    }
}
