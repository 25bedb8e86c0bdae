//! The task that a worker runs, where other threads see it.

use fang_engine::state::{Run, Unfinished};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The task that one worker runs.
#[derive(Default)]
pub(super) struct Slot(Mutex<Contents>);

#[derive(Default)]
struct Contents {
    unfinished: Option<Unfinished>,
    time: Time,
}

/// How the run in the slot stands with its timeout.
#[derive(Default)]
enum Time {
    #[default]
    Unlimited,
    Until(Instant, Arc<Run>),
    Over {
        is_replaced: bool,
    },
}

impl Slot {
    /// A run begins.
    pub(super) fn put(&self, unfinished: Unfinished) {
        *self.contents() = Contents { unfinished: Some(unfinished), time: Time::Unlimited };
    }

    /// It has to end by `deadline`.
    pub(super) fn expect(&self, deadline: Instant, run: Arc<Run>) {
        self.contents().time = Time::Until(deadline, run);
    }

    /// A run has ended; whether another worker has taken the place of this one.
    pub(super) fn clear(&self) -> bool {
        matches!(std::mem::take(&mut *self.contents()).time, Time::Over { is_replaced: true })
    }

    /// By when the run in the slot has to end.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.contents().time {
            Time::Until(deadline, _) => Some(*deadline),
            Time::Unlimited | Time::Over { .. } => None,
        }
    }

    /// Whether the run in the slot has taken too long.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.contents().time, Time::Over { .. })
    }

    /// Tells the run in the slot, once, that its time is over, if it is; `replace` tells whether another
    /// worker takes this one's place.
    pub(super) fn call_time(&self, now: Instant, replace: impl FnOnce() -> bool) {
        let mut contents = self.contents();
        let Time::Until(deadline, run) = &contents.time else { return };
        if now >= *deadline {
            run.tell_to_end();
            log::warn!("task {} takes longer than its timeout", run.id());
            contents.time = Time::Over { is_replaced: replace() };
        }
    }

    /// Hands back the task in the slot. Returns whether it had no result.
    pub(super) fn hand_back(&self) -> bool {
        self.take().is_some_and(|unfinished| unfinished.hand_back())
    }

    fn take(&self) -> Option<Unfinished> {
        self.contents().unfinished.take()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
