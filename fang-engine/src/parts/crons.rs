//! The keeper of crons: inserts the next task of every cron ahead of time.

use crate::part::{Part, run_to_end};
use crate::phase::Phase;
use crate::policy::retry_pause::RetryPause;
use crate::signal::first_of;
use crate::state::Pool;
use fang_core::store::DueCron;
use fang_core::{QueueError, StoreError};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The longest time between two looks, for crons whose change sent no notification.
const LOOK_EVERY: Duration = Duration::from_secs(15);

pub(crate) struct CronKeeper {
    pub(crate) pool: Arc<Pool>,
}

impl CronKeeper {
    /// Fires the crons that are due. Returns when to look again. The first look comes
    /// before the first claim, so that a missed tick that is to be skipped is gone by then.
    pub(crate) async fn look(&self) -> Result<Duration, StoreError> {
        self.run_once().await.inspect_err(|error| {
            log::debug!("the crons could not be read; the next look tries again: {error}");
        })
    }

    /// Looks and fires until the pool drains.
    pub(crate) async fn run(mut self) {
        run_to_end(&mut self).await;
    }

    /// Fires the crons that are due. Returns how long it takes until the next one is.
    async fn run_once(&self) -> Result<Duration, StoreError> {
        let crons = self.pool.store.crons().await?;
        let mut has_fired = false;
        for cron in &crons.due {
            match self.fire(cron).await {
                // A new tick lies ahead, whether this pool fired or another.
                Ok(fired) => {
                    has_fired = true;
                    if fired && cron.is_ahead() {
                        log::warn!(
                            "the clock of the store was ahead and went back; the next tick of the cron {:?} was {} \
                             and is brought back",
                            cron.name,
                            cron.last_tick
                        );
                    }
                }
                Err(error) => log::warn!(
                    "the cron {:?} could not be fired; the next look tries again: {error}",
                    cron.name
                ),
            }
        }
        let wait = if has_fired { Duration::ZERO } else { crons.next_in.unwrap_or(LOOK_EVERY) };
        Ok(wait.min(LOOK_EVERY))
    }

    async fn fire(&self, cron: &DueCron) -> Result<bool, QueueError> {
        let tick = cron.tick(Uuid::now_v7)?;
        let fired = self.pool.store.fire(&tick).await?;
        if fired {
            self.pool.state.recorder.cron_fired(&tick);
        }
        Ok(fired)
    }
}

impl Part for CronKeeper {
    const NAME: &str = "keeper of crons";

    fn pool(&self) -> &Pool {
        &self.pool
    }

    async fn work(&mut self) {
        let pool = &self.pool;
        let mut pause = RetryPause::default();
        while pool.phase.get() == Phase::Running {
            let wait = match self.look().await {
                Ok(wait) => {
                    pause = RetryPause::default();
                    wait
                }
                Err(error) if error.is_refusal() => pause.next(fastrand::f64()),
                Err(_) => {
                    pool.wait_for_answer(&mut pause, Phase::Draining).await;
                    continue;
                }
            };
            let wait = pool.sleep(wait);
            let drains = Box::pin(pool.phase.reached(Phase::Draining));
            first_of([wait, Box::pin(pool.crons_changed.notified()), drains]).await;
        }
    }
}
