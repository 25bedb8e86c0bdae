//! What `#[fang::task]` asks of the functions that it turns into tasks. For the code that it makes.

use crate::error::{FangError, PayloadError};
use crate::new_task::NewTask;
use crate::task::Mode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::sync::Arc;

/// What the function of a task may return.
#[diagnostic::on_unimplemented(
    message = "a task cannot return `{Self}`",
    label = "return `()` or `Result<(), E>`",
    note = "`E` is an error that `?` turns into `Box<dyn std::error::Error + Send + Sync>`: that of anyhow or eyre, \
            `String`, `fang::FangError`, or any type that implements `std::error::Error`, `Send` and `Sync`"
)]
pub trait Outcome {
    /// The result of the run.
    ///
    /// # Errors
    /// The error that the function returned, with its causes.
    fn outcome(self) -> Result<(), FangError>;
}

impl Outcome for () {
    fn outcome(self) -> Result<(), FangError> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn Error + Send + Sync>>> Outcome for Result<(), E> {
    fn outcome(self) -> Result<(), FangError> {
        self.map_err(|error| {
            let error: Box<dyn Error + Send + Sync> = error.into();
            FangError::from_error(&*error)
        })
    }
}

/// What may be an argument that is saved with a task.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved with a task",
    label = "an argument of a task has to be `Clone`, `Serialize`, `Deserialize`, `Send` and `Sync`",
    note = "derive what it lacks: `#[derive(Clone, serde::Serialize, serde::Deserialize)]`",
    note = "take a value that the pool has, such as a client or connections, as `State<{Self}>`"
)]
pub trait Argument: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Argument for T {}

/// What may be a struct of `#[derive(fang::Task)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved as a task",
    label = "a task has to be `Serialize`, `Deserialize`, `Send` and `Sync`",
    note = "derive what it lacks: `#[derive(serde::Serialize, serde::Deserialize)]`"
)]
pub trait Saved: Serialize + DeserializeOwned + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Saved for T {}

/// Compiles if the struct can be saved as a task.
pub const fn is_saved<T: Saved>() {}

/// What may be the value of a `State<T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the state of a pool",
    label = "all runs of a pool share its state, so it has to be `Send`, `Sync` and `'static`",
    note = "put what it lacks behind a `Mutex`, or keep a handle that is `Send` and `Sync`"
)]
pub trait Shared: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Shared for T {}

/// Compiles if the type can be saved with a task.
pub const fn is_argument<T: Argument>() {}

/// The task to insert, or the reason why its insert will fail.
pub fn new_task(task: Result<NewTask, PayloadError>) -> NewTask {
    task.unwrap_or_else(|error| {
        let task = NewTask::new("null".to_owned(), String::new(), Mode::Any);
        NewTask { refused: Some(Arc::new(error)), ..task }
    })
}
