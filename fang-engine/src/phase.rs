//! How far the shutdown of a pool has come.

use crate::signal::until;
use event_listener::Event;
use std::sync::atomic::{AtomicU8, Ordering};

/// How far the shutdown of a pool has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// Claim and run.
    Running,
    /// Claim no more; finish what runs.
    Draining,
    /// Give up what still runs.
    Aborting,
    /// No more results will come: save those that are there.
    Closing,
    /// Give up what cannot be saved.
    GivingUp,
    /// All results are saved; the heart may stop.
    Stopped,
}

impl Phase {
    const ALL: [Self; 6] =
        [Self::Running, Self::Draining, Self::Aborting, Self::Closing, Self::GivingUp, Self::Stopped];
}

/// The phase of a pool, for all its parts to wait for. The shutdown writes it.
#[derive(Debug, Default)]
pub struct PhaseWatch {
    phase: AtomicU8,
    changed: Event,
}

impl PhaseWatch {
    /// The phase now.
    pub fn get(&self) -> Phase {
        let number = usize::from(self.phase.load(Ordering::SeqCst));
        Phase::ALL.get(number).copied().unwrap_or(Phase::Stopped)
    }

    /// Goes on to this phase, never back.
    pub fn advance(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::SeqCst);
        self.changed.notify(usize::MAX);
    }

    /// Waits until the pool has come to this phase.
    pub async fn reached(&self, phase: Phase) {
        until(&self.changed, || self.get() >= phase).await;
    }
}
