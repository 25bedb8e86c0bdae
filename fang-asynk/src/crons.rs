//! Keeps every cron one tick ahead.

use crate::engine::{Engine, Phase};
use fang_core::QueueError;
use fang_core::schedule::CronPattern;
use fang_core::store::{DueCron, Tick};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

/// How long at most between two looks: for crons of whose change nobody told.
const LOOK_EVERY: Duration = Duration::from_secs(15);

pub(crate) struct CronKeeper {
    pub(crate) engine: Arc<Engine>,
    pub(crate) changed: Arc<Notify>,
    pub(crate) phase: watch::Receiver<Phase>,
}

impl CronKeeper {
    /// Looks and fires until the pool drains.
    pub(crate) async fn run(mut self) {
        while *self.phase.borrow() == Phase::Running {
            let wait = self.run_once().await.unwrap_or_else(|error| {
                log::debug!("the crons could not be looked at: {error}");
                LOOK_EVERY
            });
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.changed.notified() => {}
                _ = self.phase.changed() => {}
            }
        }
    }

    /// Fires what is due; returns how long nothing more will be.
    async fn run_once(&self) -> Result<Duration, QueueError> {
        let crons = self.engine.store.crons().await?;
        for cron in &crons.due {
            if let Err(error) = self.fire(cron).await {
                log::warn!("the cron {:?} could not be fired: {error}", cron.name);
            }
        }
        let next_in = if crons.due.is_empty() { crons.next_in.unwrap_or(LOOK_EVERY) } else { Duration::ZERO };
        Ok(next_in.min(LOOK_EVERY))
    }

    /// Ticks that were missed while nobody looked are one: the next is counted from now.
    async fn fire(&self, cron: &DueCron) -> Result<(), QueueError> {
        let next = CronPattern::parse(&cron.pattern)?.next_after(cron.now)?;
        let tick = Tick { name: &cron.name, seen: cron.last_tick, next, id: Uuid::now_v7() };
        self.engine.store.fire(&tick).await?;
        Ok(())
    }
}
