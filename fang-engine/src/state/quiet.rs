//! Whether a pool is quiet: it runs the tasks that have begun, and claims no more.

use crate::signal::until;
use event_listener::Event;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a pool is quiet. The application and the signals write; the claimer reads.
#[derive(Debug, Default)]
pub struct Quiet {
    is_on: AtomicBool,
    changed: Event,
}

impl Quiet {
    /// Makes the pool quiet, or not quiet.
    pub(crate) fn set(&self, is_on: bool) {
        self.is_on.store(is_on, Ordering::SeqCst);
        self.changed.notify(usize::MAX);
    }

    /// Whether the pool is quiet.
    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::SeqCst)
    }

    /// Waits until the pool is not quiet.
    pub(crate) async fn is_over(&self) {
        until(&self.changed, || !self.is_on()).await;
    }
}
