//! Middleware of both modes.

use fang_core::middleware::{Middleware, MiddlewareBlocking, Next, NextBlocking};
use fang_core::{FangError, Run};
use std::sync::{Arc, Mutex};

/// What the middleware of a test does with a run.
#[derive(Clone, Debug)]
pub enum Around {
    /// Writes down what it sees before and after the run.
    Logs(Arc<Mutex<Vec<String>>>),
    /// Fails the run of this kind without running it.
    Refuses(&'static str),
    /// Turns an error into a success.
    Forgives,
    Panics,
}

impl Around {
    fn before(&self, run: &Run) -> Result<(), FangError> {
        match self {
            Self::Logs(log) => log.lock().unwrap().push(format!("{} {}", run.kind(), run.payload())),
            Self::Refuses(kind) if run.kind() == *kind => return Err(FangError::new("not here")),
            Self::Refuses(_) | Self::Forgives => {}
            Self::Panics => panic!("in the middleware"),
        }
        Ok(())
    }

    fn after(&self, result: Result<(), FangError>) -> Result<(), FangError> {
        match self {
            Self::Logs(log) => log.lock().unwrap().push(format!("{result:?}")),
            Self::Forgives => return Ok(()),
            Self::Refuses(_) | Self::Panics => {}
        }
        result
    }
}

impl Middleware for Around {
    async fn call(&self, run: &Run, next: Next<'_>) -> Result<(), FangError> {
        self.before(run)?;
        self.after(next.run().await)
    }
}

impl MiddlewareBlocking for Around {
    fn call(&self, run: &Run, next: NextBlocking<'_>) -> Result<(), FangError> {
        self.before(run)?;
        self.after(next.run())
    }
}
