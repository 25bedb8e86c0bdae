//! The work of a struct that is a task by `#[derive(fang::Task)]`.

use crate::run::Run;
use std::error::Error;

/// The work of a struct that is an async task by `#[derive(fang::Task)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it does",
    label = "implement `fang::Perform` for it",
    note = "a blocking task has the option `#[task(blocking)]` and implements `fang::PerformBlocking`"
)]
pub trait Perform: Send + Sync {
    /// The error of a run: any that `?` turns into `Box<dyn Error + Send + Sync>`.
    type Error: Into<Box<dyn Error + Send + Sync>>;

    /// Does the work. Implement it as `async fn perform(&self, run: &Run) -> Result<(), Self::Error>`.
    ///
    /// # Errors
    /// The reason why the run failed. The task is retried, and the message is kept on its row.
    fn perform(&self, run: &Run) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// The work of a struct that is a blocking task by `#[derive(fang::Task)]` with `#[task(blocking)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it does",
    label = "implement `fang::PerformBlocking` for it",
    note = "an async task lacks the option `#[task(blocking)]` and implements `fang::Perform`"
)]
pub trait PerformBlocking: Send + Sync {
    /// The error of a run: any that `?` turns into `Box<dyn Error + Send + Sync>`.
    type Error: Into<Box<dyn Error + Send + Sync>>;

    /// Does the work.
    ///
    /// # Errors
    /// The reason why the run failed. The task is retried, and the message is kept on its row.
    fn perform(&self, run: &Run) -> Result<(), Self::Error>;
}
