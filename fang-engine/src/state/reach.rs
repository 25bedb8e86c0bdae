//! The answers of the store, as the parts of a pool see them. One place of the process knows whether the store
//! answers ([`Listeners`](fang_core::notify::Listeners)); this passes it on to the parts that wait.

use crate::signal::{Signal, until};
use event_listener::Event;
use std::sync::atomic::{AtomicU64, Ordering};

/// The answers of the store, as the parts of a pool see them.
#[derive(Debug, Default)]
pub struct Reach {
    /// How often the store has answered again after a failure.
    answers: AtomicU64,
    answered: Event,
    /// A part of the process failed. All parts set it; the heart waits for it, and tries.
    pub silent: Signal,
    /// The server had no connection for a part of this pool. The claimer and the finisher set it; the heart beats, and
    /// so finds out whether pools should give up connections.
    pub crowded: Signal,
}

impl Reach {
    /// Tells that the store answers again.
    pub fn answered(&self) {
        self.answers.fetch_add(1, Ordering::SeqCst);
        self.answered.notify(usize::MAX);
    }

    /// How often the store has answered again after a failure.
    pub fn answers(&self) -> u64 {
        self.answers.load(Ordering::SeqCst)
    }

    /// Waits for an answer later than these.
    pub async fn after(&self, answers: u64) {
        until(&self.answered, || self.answers() != answers).await;
    }
}
