//! Whether a pool was asked to stop from elsewhere, and by whom it is stopped.

use crate::parts::Stoppable;
use crate::settings::Shutdown;
use crate::signal::Latch;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// The stop of a pool. A tool may ask for it, and the application too; the first one does it.
#[derive(Debug, Default)]
pub struct Stop {
    /// A tool has asked for it. The heart sets it; the calls that wait for a signal wait for it too.
    pub(crate) asked: Latch,
    /// Whether such a call stops the pool once it was asked, with its own deadline. The stopper writes; the heart
    /// reads.
    pub(crate) is_awaited: AtomicBool,
    /// Whether the stop has begun.
    begun: AtomicBool,
    /// A second call that stops the pool waits no longer for its tasks.
    pub(crate) sooner: Latch,
    /// The stop is over.
    pub(crate) ended: Arc<Latch>,
    report: OnceLock<Shutdown>,
    /// The parts to stop. Set when the pool has started; the heart reads.
    stoppable: OnceLock<Stoppable>,
}

impl Stop {
    /// Begins the stop. Returns `false` if another call has begun it.
    pub(crate) fn begin(&self) -> bool {
        !self.begun.swap(true, Ordering::SeqCst)
    }

    /// Keeps the parts to stop.
    pub(crate) fn knows(&self, stoppable: Stoppable) {
        let _ = self.stoppable.set(stoppable);
    }

    /// The parts to stop, once the pool has started.
    pub(crate) fn stoppable(&self) -> Option<&Stoppable> {
        self.stoppable.get()
    }

    /// Keeps the report of the stop.
    pub(crate) fn reports(&self, report: Shutdown) {
        let _ = self.report.set(report);
    }

    /// The report of the stop, once it has [ended](Self::ended).
    pub(crate) fn report(&self) -> Shutdown {
        self.report.get().copied().unwrap_or_default()
    }
}
