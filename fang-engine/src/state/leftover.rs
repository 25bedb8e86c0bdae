//! The claims that a shutdown leaves to the heart: those of tasks that have not begun, while tasks block the runtime.

use super::run_signals::RunKey;
use crate::signal::Signal;
use std::sync::{Mutex, PoisonError};

/// Asks the heart to give back all claims but some. The shutdown asks; the heart takes.
#[derive(Debug, Default)]
pub struct Leftover {
    known: Mutex<Option<Vec<RunKey>>>,
    asked: Signal,
}

impl Leftover {
    /// Asks the heart to give back all claims except these.
    pub(crate) fn give_back_all_but(&self, known: Vec<RunKey>) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        self.asked.notify();
    }

    /// Waits until the heart is asked.
    pub(crate) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// The claims not to give back, if the heart is asked to give back the others.
    pub(crate) fn take(&self) -> Option<Vec<RunKey>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
