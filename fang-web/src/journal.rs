//! The last actions of viewers.

use crate::action::Action;
use chrono::{DateTime, Utc};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many actions are remembered.
const MOST: usize = 500;

/// The last actions that this process took, with their instants.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<VecDeque<(DateTime<Utc>, Action)>>);

impl Journal {
    pub(crate) fn add(&self, at: DateTime<Utc>, action: Action) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_front((at, action));
        all.truncate(MOST);
    }

    /// The actions, the last first.
    pub(crate) fn all(&self) -> Vec<(DateTime<Utc>, Action)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
