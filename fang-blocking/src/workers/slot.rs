//! The slot of a worker: the task it runs, visible to other threads.

use fang_engine::state::{TaskRun, Unfinished};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The task that one worker runs, and its deadline.
#[derive(Default)]
pub(super) struct Slot(Mutex<Contents>);

#[derive(Default)]
struct Contents {
    unfinished: Option<Unfinished>,
    time: Time,
}

/// The state of the timeout of the run in the slot.
#[derive(Default)]
enum Time {
    #[default]
    Unlimited,
    Until(Instant, Arc<TaskRun>),
    Over {
        is_replaced: bool,
    },
}

impl Slot {
    /// Puts a task into the slot. Its run is about to begin.
    pub(super) fn put(&self, unfinished: Unfinished) {
        *self.contents() = Contents { unfinished: Some(unfinished), time: Time::Unlimited };
    }

    /// Sets the deadline of the run in the slot.
    pub(super) fn expect(&self, deadline: Instant, run: Arc<TaskRun>) {
        self.contents().time = Time::Until(deadline, run);
    }

    /// The run in the slot has ended. From now on it cannot exceed its timeout.
    pub(super) fn run_ended(&self) {
        let time = &mut self.contents().time;
        if matches!(time, Time::Until(..)) {
            *time = Time::Unlimited;
        }
    }

    /// Empties the slot after a run. Returns whether another worker has replaced this one.
    pub(super) fn clear(&self) -> bool {
        matches!(std::mem::take(&mut *self.contents()).time, Time::Over { is_replaced: true })
    }

    /// The deadline of the run in the slot, unless it has passed.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.contents().time {
            Time::Until(deadline, _) => Some(*deadline),
            Time::Unlimited | Time::Over { .. } => None,
        }
    }

    /// Whether the run in the slot has exceeded its timeout.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.contents().time, Time::Over { .. })
    }

    /// If the deadline of the run has passed, tells the run to end and calls `replace`, which returns whether another
    /// worker replaces this one. Does this once for each run.
    pub(super) fn call_time(&self, now: Instant, replace: impl FnOnce(&TaskRun) -> bool) {
        let mut contents = self.contents();
        let Time::Until(deadline, run) = &contents.time else { return };
        if now >= *deadline {
            // Listeners hear of it before the run can end.
            let is_replaced = replace(run);
            run.tell_to_end();
            contents.time = Time::Over { is_replaced };
        }
    }

    /// Gives back the task in the slot. Returns whether it had no result yet.
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
