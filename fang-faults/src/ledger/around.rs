//! The ledger as middleware: it records the beginning and the end of every run.

use super::{Ledger, Open};
use fang_core::context::Wish;
use fang_core::middleware::{Middleware, MiddlewareBlocking, Next, NextBlocking};
use fang_core::{FangError, Run};
use serde::Serialize;
use std::sync::Arc;
use uuid::Uuid;

/// How a run ended, as its process saw it. Whether the result was saved is for the store to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It succeeded.
    Done,
    /// It returned an error.
    Failed,
    /// It panicked.
    Panicked,
    /// Its future was dropped: its timeout was over, or its pool shut down.
    Dropped,
    /// It asked to run again later.
    Snoozed,
    /// It gave its task up.
    Cancelled,
}

impl Outcome {
    const ALL: [Self; 6] =
        [Self::Done, Self::Failed, Self::Panicked, Self::Dropped, Self::Snoozed, Self::Cancelled];

    /// The word in the ledger.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::Dropped => "dropped",
            Self::Snoozed => "snoozed",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    fn of(run: &Run, result: &Result<(), FangError>) -> Self {
        match (run.port().wish(), result) {
            (Some(Wish::Snooze(_)), _) => Self::Snoozed,
            (Some(Wish::Cancel(_)), _) => Self::Cancelled,
            (None, Ok(())) => Self::Done,
            (None, Err(_)) => Self::Failed,
        }
    }
}

/// A run that has begun. Records its end, also if that is a panic or the future is dropped.
struct Begun {
    open: Arc<Open>,
    id: Uuid,
    lease: i32,
    has_ended: bool,
}

impl Ledger {
    fn begin(&self, run: &Run) -> Result<Option<Begun>, FangError> {
        let Some(open) = &self.0 else { return Ok(None) };
        open.begin(run)?;
        Ok(Some(Begun { open: open.clone(), id: run.id(), lease: run.lease(), has_ended: false }))
    }
}

impl Begun {
    fn end(mut self, outcome: Outcome) -> Result<(), FangError> {
        self.has_ended = true;
        self.open.end(self.id, self.lease, outcome)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.has_ended {
            let outcome = if std::thread::panicking() { Outcome::Panicked } else { Outcome::Dropped };
            // There is no result that could carry the error.
            let _ = self.open.end(self.id, self.lease, outcome);
        }
    }
}

/// The result of the run, unless the ledger could not be written.
fn ended(begun: Option<Begun>, run: &Run, result: Result<(), FangError>) -> Result<(), FangError> {
    if let Some(begun) = begun {
        begun.end(Outcome::of(run, &result))?;
    }
    result
}

impl Middleware for Ledger {
    async fn call(&self, run: &Run, next: Next<'_>) -> Result<(), FangError> {
        let begun = self.begin(run)?;
        let result = next.run().await;
        ended(begun, run, result)
    }
}

impl MiddlewareBlocking for Ledger {
    fn call(&self, run: &Run, next: NextBlocking<'_>) -> Result<(), FangError> {
        let begun = self.begin(run)?;
        let result = next.run();
        ended(begun, run, result)
    }
}
