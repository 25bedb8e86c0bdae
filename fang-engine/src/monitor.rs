//! A handle to a pool, for code that does not own it.

use crate::events::PoolStats;
use crate::phase::Phase;
use crate::state::{Pool, PoolState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A handle to a pool for other parts of the program. It reports what the pool does, and can make it quiet. It works
/// also while the pool runs until a signal. `monitor()` of a pool returns it. Cheap to clone.
///
/// For example, a handler of `/ready` answers with [`is_running`](Self::is_running).
#[derive(Clone, Default)]
pub struct PoolMonitor(Arc<Mutex<Seen>>);

/// The last start of the pool.
#[derive(Default)]
struct Seen {
    /// Stays when the pool has stopped, for its totals.
    state: Option<Arc<PoolState>>,
    pool: Weak<Pool>,
}

impl PoolMonitor {
    /// What the pool has done since it was last started. The numbers stay after it has stopped. All are zero before the
    /// first start.
    pub fn stats(&self) -> PoolStats {
        self.seen().state.as_ref().map(|state| state.stats()).unwrap_or_default()
    }

    /// Whether the pool has started and does not shut down. A [quiet](Self::quiet) pool runs too.
    pub fn is_running(&self) -> bool {
        self.pool().is_some_and(|pool| pool.phase.get() == Phase::Running)
    }

    /// Whether the pool is quiet: it claims no tasks until it is resumed. False if it does not run.
    pub fn is_quiet(&self) -> bool {
        self.pool().is_some_and(|pool| pool.quiet.is_on())
    }

    /// Whether the last call of the store by this process succeeded. A pool calls its store at least with each beat,
    /// every 5 s by default. False if the pool does not run.
    pub fn is_connected(&self) -> bool {
        self.pool()
            .is_some_and(|pool| pool.phase.get() != Phase::Stopped && !pool.store.listeners().is_silent())
    }

    /// Whether the pool has stopped after its last start. False before the first start.
    pub fn has_stopped(&self) -> bool {
        let is_over = self.pool().is_none_or(|pool| pool.phase.get() == Phase::Stopped);
        is_over && self.seen().state.is_some()
    }

    /// Makes the pool quiet, as `quiet` of the pool does. No effect on a pool that does not run.
    pub fn quiet(&self) {
        self.set_quiet(true);
    }

    /// Makes a quiet pool claim tasks again. This also ends the quiet that SIGTSTP began.
    pub fn resume(&self) {
        self.set_quiet(false);
    }

    fn set_quiet(&self, is_quiet: bool) {
        if let Some(pool) = self.pool() {
            pool.set_quiet(is_quiet);
        }
    }

    /// Sees this pool from now on.
    pub(crate) fn sees(&self, pool: &Arc<Pool>) {
        *self.seen() = Seen { state: Some(pool.state.clone()), pool: Arc::downgrade(pool) };
    }

    fn pool(&self) -> Option<Arc<Pool>> {
        self.seen().pool.upgrade()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for PoolMonitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PoolMonitor")
            .field("is_running", &self.is_running())
            .field("is_quiet", &self.is_quiet())
            .field("stats", &self.stats())
            .finish()
    }
}
