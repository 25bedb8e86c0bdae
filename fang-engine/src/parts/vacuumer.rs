//! The vacuumer: lets the store vacuum its tables while many tasks come and go. A quiet pool looks at nothing.

use crate::part::{Part, run_to_end};
use crate::phase::Phase;
use crate::signal::first_of;
use crate::state::Pool;
use fang_core::StoreError;
use fang_core::store::{Vacuum, Vacuumed};
use std::sync::Arc;
use std::time::Duration;

/// A pool looks after the results of this part of the dead rows at which the tables are due. So a fleet looks as often,
/// however many pools share its tasks.
const LOOKS: u64 = 8;

/// The shortest time between two looks of a pool.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The time between two looks of a pool whose role may not vacuum.
const ASK_EVERY: Duration = Duration::from_secs(600);

/// Lets the store vacuum its tables.
pub(crate) struct Vacuumer {
    pool: Arc<Pool>,
    vacuum: Vacuum,
    /// Whether the log was told that the role may not vacuum.
    has_told: bool,
    /// Whether it was told that a vacuum failed.
    has_warned: bool,
}

impl Vacuumer {
    /// `None` if the application turned it off.
    pub(crate) fn new(pool: &Arc<Pool>) -> Option<Self> {
        let vacuum = Vacuum { dead_rows: pool.config.vacuum_at? };
        Some(Self { pool: pool.clone(), vacuum, has_told: false, has_warned: false })
    }

    /// Looks after many results until the pool drains.
    pub(crate) async fn run(mut self) {
        run_to_end(&mut self).await;
    }

    /// Looks, and vacuums if need be. Returns how long to pause, or `None` if there will be nothing to do.
    async fn look(&mut self) -> Option<Duration> {
        match self.pool.store.vacuum(&self.vacuum).await {
            Ok(Vacuumed::Never) => None,
            Ok(vacuumed) => Some(self.note(&vacuumed)),
            Err(error) => {
                self.log_failure(&error);
                Some(LOOK_EVERY)
            }
        }
    }

    /// Failures of the connection are no news: claims and beats tell of them.
    fn log_failure(&mut self, error: &StoreError) {
        if error.is_refusal() && !std::mem::replace(&mut self.has_warned, true) {
            log::warn!(
                "the tables could not be vacuumed, so they may grow; pools try again after a while, and log it no more: {error}"
            );
        } else {
            log::debug!("the tables could not be vacuumed; after more results a pool tries again: {error}");
        }
    }

    fn note(&mut self, vacuumed: &Vacuumed) -> Duration {
        match vacuumed {
            Vacuumed::Forbidden { advice } => {
                if !std::mem::replace(&mut self.has_told, true) {
                    log::warn!(
                        "the role of this pool may not vacuum the tables, so they grow until the server does it; \
                         let it (`{advice}`), or turn it off with `vacuum(false)` on the pool"
                    );
                }
                ASK_EVERY
            }
            Vacuumed::Done { before, after, took, pause } => {
                log::debug!(
                    "vacuumed in {took:.1?}: of {before} dead rows, {after} are left; next in {pause:.0?} at the earliest"
                );
                LOOK_EVERY
            }
            _ => LOOK_EVERY,
        }
    }

    /// Waits for so many results that others may have left enough dead rows as well. Pools that started together do not
    /// look together.
    async fn many_results(&self) {
        let part = u64::from(self.vacuum.dead_rows) / LOOKS;
        let many = fastrand::u64(part / 2..=part + part / 2).max(1);
        first_of([Box::pin(self.pool.turnover.reaches(many)), self.drains()]).await;
    }

    fn drains(&self) -> crate::runtime::BoxFuture<'_, ()> {
        Box::pin(self.pool.phase.reached(Phase::Draining))
    }
}

impl Part for Vacuumer {
    const NAME: &str = "vacuumer";

    fn pool(&self) -> &Pool {
        &self.pool
    }

    async fn work(&mut self) {
        loop {
            self.many_results().await;
            if self.pool.phase.get() > Phase::Running {
                return;
            }
            let Some(pause) = self.look().await else { return };
            first_of([self.drains(), self.pool.sleep(pause)]).await;
        }
    }
}
