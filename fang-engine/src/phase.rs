//! The phases of a pool's shutdown.

use crate::signal::until;
use event_listener::Event;
use std::sync::atomic::{AtomicU8, Ordering};

/// A phase of a pool, from running to stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// The pool claims and runs tasks.
    Running,
    /// The pool claims no more and waits for running tasks.
    Draining,
    /// The pool gives up tasks that still run.
    Aborting,
    /// No more results will come; the finisher saves the last ones.
    Closing,
    /// The finisher gives up results that cannot be saved.
    GivingUp,
    /// All results are saved or given up; the heart may end.
    Stopped,
}

impl Phase {
    const ALL: [Self; 6] =
        [Self::Running, Self::Draining, Self::Aborting, Self::Closing, Self::GivingUp, Self::Stopped];
}

/// The phase of a pool. The shutdown advances it, and all parts wait for it.
#[derive(Debug, Default)]
pub struct PhaseWatch {
    phase: AtomicU8,
    changed: Event,
}

impl PhaseWatch {
    /// The current phase.
    pub fn get(&self) -> Phase {
        let number = usize::from(self.phase.load(Ordering::SeqCst));
        Phase::ALL.get(number).copied().unwrap_or(Phase::Stopped)
    }

    /// Advances to this phase. Never goes back.
    pub fn advance(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::SeqCst);
        self.changed.notify(usize::MAX);
    }

    /// Waits until the pool has reached this phase.
    pub async fn reached(&self, phase: Phase) {
        until(&self.changed, || self.get() >= phase).await;
    }
}
