//! What a worker works on, where others can see it.

use crate::engine::Unfinished;
use fang_core::Context;
use fang_core::decide::failed_by_default;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What one worker works on.
#[derive(Default)]
pub(crate) struct Desk(Mutex<Contents>);

#[derive(Default)]
struct Contents {
    unfinished: Option<Unfinished>,
    time: Time,
}

/// How the run on the desk stands with its timeout.
#[derive(Default)]
enum Time {
    #[default]
    Unlimited,
    Until(Instant, Context),
    Over {
        is_replaced: bool,
    },
}

impl Desk {
    /// A run begins.
    pub(crate) fn put(&self, unfinished: Unfinished) {
        *self.contents() = Contents { unfinished: Some(unfinished), time: Time::Unlimited };
    }

    /// It has to end by `deadline`.
    pub(crate) fn expect(&self, deadline: Instant, context: Context) {
        self.contents().time = Time::Until(deadline, context);
    }

    /// A run has ended; whether another worker has taken the place of this one.
    pub(crate) fn clear(&self) -> bool {
        matches!(std::mem::take(&mut *self.contents()).time, Time::Over { is_replaced: true })
    }

    /// By when the run on the desk has to end.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.contents().time {
            Time::Until(deadline, _) => Some(*deadline),
            Time::Unlimited | Time::Over { .. } => None,
        }
    }

    /// Whether the run on the desk has taken too long.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.contents().time, Time::Over { .. })
    }

    /// Tells the run on the desk, once, that its time is over, if it is; `replace` tells whether another
    /// worker takes this one's place.
    pub(crate) fn call_time(&self, now: Instant, replace: impl FnOnce() -> bool) {
        let mut contents = self.contents();
        let Time::Until(deadline, context) = &contents.time else { return };
        if now >= *deadline {
            context.tell_to_end();
            log::warn!("task {} takes longer than its timeout", context.id());
            contents.time = Time::Over { is_replaced: replace() };
        }
    }

    /// The task has failed, without a result of its own.
    pub(crate) fn fail(&self) {
        if let Some(unfinished) = self.take() {
            unfinished.finish(failed_by_default("its worker died while it ran".to_owned()));
        }
    }

    /// Hands back what lies on the desk; whether there was anything without a result.
    pub(crate) fn hand_back(&self) -> bool {
        self.take().is_some_and(|unfinished| unfinished.hand_back())
    }

    fn take(&self) -> Option<Unfinished> {
        self.contents().unfinished.take()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
