//! A pool that starts, as a signal meets it.

use crate::signal::Latch;
use crate::state::Pool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(unix)]
use crate::phase::Phase;

/// A pool from the beginning of its start. A signal may make it quiet, or give its start up.
#[derive(Debug, Default)]
pub struct Starting(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    is_quiet: bool,
    stage: Stage,
    /// The pool, and the end of its heart, once it registers.
    pool: Option<(Arc<Pool>, Arc<Latch>)>,
}

/// How far a start is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Tasks cannot run yet.
    #[default]
    Early,
    /// Tasks may run, so the pool has to shut down.
    Working,
    /// A signal has given the start up.
    GivenUp,
}

/// The outcome of giving a start up.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) enum GivenUp {
    /// Too late: the pool has to shut down.
    Working,
    /// The pool never runs a task. If it has registered, it signs off, which sets the latch.
    Early(Option<Arc<Latch>>),
}

impl Starting {
    /// Tells that a pool is about to register. If its start was given up, this waits for the end of the process.
    pub(crate) async fn registers(&self, pool: &Arc<Pool>, heart_ended: &Arc<Latch>) {
        if !self.knows(pool, heart_ended) {
            std::future::pending::<()>().await;
        }
    }

    /// Tells that tasks may run from now on. If the start was given up, this waits for the end of the process.
    pub(crate) async fn works(&self) {
        if !self.has_advanced() {
            std::future::pending::<()>().await;
        }
    }

    fn knows(&self, pool: &Arc<Pool>, heart_ended: &Arc<Latch>) -> bool {
        let mut known = self.known();
        if known.stage != Stage::GivenUp {
            known.pool = Some((pool.clone(), heart_ended.clone()));
            pool.quiet.set(known.is_quiet || pool.quiet.is_on());
        }
        known.stage != Stage::GivenUp
    }

    fn has_advanced(&self) -> bool {
        let mut known = self.known();
        if known.stage == Stage::Early {
            known.stage = Stage::Working;
        }
        known.stage == Stage::Working
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(unix)]
impl Starting {
    /// Tells of a pool that runs already.
    pub(crate) fn has_started(&self, pool: &Arc<Pool>, heart_ended: &Arc<Latch>) {
        self.knows(pool, heart_ended);
        self.has_advanced();
    }

    /// Whether tasks may run.
    pub(crate) fn is_working(&self) -> bool {
        self.known().stage == Stage::Working
    }

    /// Makes the pool quiet, now or when it registers.
    pub(crate) fn be_quiet(&self) {
        let mut known = self.known();
        known.is_quiet = true;
        if let Some((pool, _)) = &known.pool {
            pool.set_quiet(true);
        }
    }

    /// Gives the start up, unless tasks may run already.
    pub(crate) fn give_up(&self) -> GivenUp {
        let mut known = self.known();
        if known.stage == Stage::Working {
            return GivenUp::Working;
        }
        known.stage = Stage::GivenUp;
        let signs_off = known.pool.as_ref().map(|(pool, heart_ended)| {
            pool.phase.advance(Phase::Stopped);
            heart_ended.clone()
        });
        GivenUp::Early(signs_off)
    }
}
