//! A stop that a tool asks for.

use super::Running;
use crate::claims::OpenBatches;
use crate::settings::DEFAULT_DEADLINE;
use crate::signal::Latch;
use crate::state::Pool;
use crate::workers::Workers;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

/// A running pool, for its heart to stop it. Keeps neither the pool nor its workers alive.
#[derive(Clone)]
pub struct Stoppable {
    pool: Weak<Pool>,
    workers: Weak<dyn Workers>,
    claimer_ended: Arc<Latch>,
    open_batches: Arc<OpenBatches>,
    heart_ended: Arc<Latch>,
}

impl Stoppable {
    fn running(&self) -> Option<Running> {
        Some(Running {
            pool: self.pool.upgrade()?,
            workers: self.workers.upgrade()?,
            claimer_ended: self.claimer_ended.clone(),
            open_batches: self.open_batches.clone(),
            heart_ended: self.heart_ended.clone(),
        })
    }
}

impl std::fmt::Debug for Stoppable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stoppable").finish_non_exhaustive()
    }
}

impl Running {
    /// Lets the heart stop the pool when a tool asks for it.
    pub(super) fn can_be_asked_to_stop(&self) {
        self.pool.stop.knows(Stoppable {
            pool: Arc::downgrade(&self.pool),
            workers: Arc::downgrade(&self.workers),
            claimer_ended: self.claimer_ended.clone(),
            open_batches: self.open_batches.clone(),
            heart_ended: self.heart_ended.clone(),
        });
    }

    /// Whether the pool has stopped although the application has not stopped it.
    pub fn has_stopped(&self) -> bool {
        self.pool.stop.ended.is_set()
    }

    /// Tells whether a call waits for a signal, and stops the pool also when a tool asks for it. Returns when that is.
    #[cfg(unix)]
    pub(crate) fn is_awaited(&self, is_awaited: bool) -> crate::runtime::BoxFuture<'static, ()> {
        self.pool.stop.is_awaited.store(is_awaited, Ordering::SeqCst);
        Box::pin(self.asked_to_stop())
    }

    /// Waits until a tool asks the pool to stop.
    pub fn asked_to_stop(&self) -> impl Future<Output = ()> + Send + use<> {
        let pool = self.pool.clone();
        async move { pool.stop.asked.wait().await }
    }
}

impl Pool {
    /// Stops, unless a call waits for a signal and does that. Not on the thread of the heart, which signs off last.
    pub(crate) fn is_asked_to_stop(&self) {
        self.stop.asked.set();
        if self.stop.is_awaited.load(Ordering::SeqCst) {
            return;
        }
        let Some(running) = self.stop.stoppable().and_then(|stoppable| stoppable.running()) else { return };
        let stop = async move {
            let _ = running.stop(DEFAULT_DEADLINE).await;
        };
        if let Err(error) = self.runtime.spawn_thread("fang-stopper", Box::pin(stop)) {
            log::error!("the pool was asked to stop, but the system cannot start a thread for that: {error}");
        }
    }
}
