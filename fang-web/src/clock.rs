//! The clock of the store, which is asked now and then.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer of the store serves.
const FRESH_FOR: Duration = Duration::from_secs(30);

/// What the clock of the store said, and when.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Option<(DateTime<Utc>, Instant)>>);

impl Clock {
    /// The store has just said so.
    pub(crate) fn set(&self, at: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, Instant::now()));
    }

    /// The time by the clock of the store, unless it was asked too long ago.
    pub(crate) fn fresh(&self) -> Option<DateTime<Utc>> {
        self.read().filter(|(_, age)| *age < FRESH_FOR).map(|(now, _)| now)
    }

    /// The time by the clock of the store, as far as it is known.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.read().map_or_else(Utc::now, |(now, _)| now)
    }

    fn read(&self) -> Option<(DateTime<Utc>, Duration)> {
        let said = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, when) = said?;
        let age = when.elapsed();
        Some((at + TimeDelta::from_std(age).unwrap_or_default(), age))
    }
}
