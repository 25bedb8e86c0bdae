//! Builders of an insert: a task bound to a queue, in both modes.

use crate::error::{PayloadError, QueueError, StoreError};
use crate::new_task::NewTask;
use crate::store::Inserted;
use crate::task::Priority;
use crate::unique::Unique;
use chrono::{DateTime, Utc};
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

type Outcome = Result<Vec<Inserted>, QueueError>;
type Send<'q> = dyn FnOnce(NewTask) -> Outcome + 'q;
type AsyncSend<'q> = dyn FnOnce(NewTask) -> Pin<Box<dyn Future<Output = Outcome> + std::marker::Send + 'q>>
    + std::marker::Send
    + 'q;

/// An insert through a blocking queue. [`Queueable::light`](crate::Queueable::light) or
/// [`heavy`](crate::Queueable::heavy) begins it, and [`insert`](Self::insert) saves the task.
///
/// Its options are those of [`NewTask`], and their defaults come from the type of the task. An option that
/// cannot be used is reported by `insert`, so no option needs a `?`.
#[must_use = "nothing is inserted before `insert` is called"]
pub struct Insert<'q> {
    task: Result<NewTask, PayloadError>,
    send: Box<Send<'q>>,
}

/// An insert through an async queue. [`AsyncQueueable::light`](crate::AsyncQueueable::light) or
/// [`heavy`](crate::AsyncQueueable::heavy) begins it, and [`insert`](Self::insert) saves the task.
///
/// Its options are those of [`NewTask`], and their defaults come from the type of the task. An option that
/// cannot be used is reported by `insert`, so no option needs a `?`.
#[must_use = "nothing is inserted before `insert` is awaited"]
pub struct AsyncInsert<'q> {
    task: Result<NewTask, PayloadError>,
    send: Box<AsyncSend<'q>>,
}

impl<'q> Insert<'q> {
    pub(crate) fn new(
        task: Result<NewTask, PayloadError>,
        send: impl FnOnce(NewTask) -> Outcome + 'q,
    ) -> Self {
        Self { task, send: Box::new(send) }
    }

    /// Saves the task. Returns its id, or that of its duplicate, and the
    /// [outcome](crate::store::InsertOutcome): inserted, kept out by the duplicate, or parts of the duplicate
    /// replaced.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when the task cannot be saved as it is: [`PayloadError`] lists the reasons.
    /// [`QueueError::NotUnique`] when it has a duplicate and is unique with [`or_error`](Unique::or_error).
    /// [`QueueError::Store`] when the store fails.
    pub fn insert(self) -> Result<Inserted, QueueError> {
        only((self.send)(self.task?)?)
    }
}

impl<'q> AsyncInsert<'q> {
    pub(crate) fn new(
        task: Result<NewTask, PayloadError>,
        send: impl FnOnce(NewTask) -> Pin<Box<dyn Future<Output = Outcome> + std::marker::Send + 'q>>
        + std::marker::Send
        + 'q,
    ) -> Self {
        Self { task, send: Box::new(send) }
    }

    /// Saves the task. Returns its id, or that of its duplicate, and the
    /// [outcome](crate::store::InsertOutcome): inserted, kept out by the duplicate, or parts of the duplicate
    /// replaced.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when the task cannot be saved as it is: [`PayloadError`] lists the reasons.
    /// [`QueueError::NotUnique`] when it has a duplicate and is unique with [`or_error`](Unique::or_error).
    /// [`QueueError::Store`] when the store fails.
    pub async fn insert(self) -> Result<Inserted, QueueError> {
        only((self.send)(self.task?).await?)
    }
}

fn only(inserted: Vec<Inserted>) -> Result<Inserted, QueueError> {
    inserted.into_iter().next().ok_or_else(|| StoreError::no_answer().into())
}

/// Forwards the options to `NewTask`, so that each is written once.
macro_rules! options {
    ($($name:ident($($value:ident: $type:ty),+)),+ $(,)?) => {
        options!(@of Insert { $($name($($value: $type),+)),+ });
        options!(@of AsyncInsert { $($name($($value: $type),+)),+ });
    };
    (@of $insert:ident { $($name:ident($($value:ident: $type:ty),+)),+ }) => {
        impl $insert<'_> {
            $(
                #[doc = concat!("See [`NewTask::", stringify!($name), "`].")]
                pub fn $name(self, $($value: $type),+) -> Self {
                    Self { task: self.task.map(|task| task.$name($($value),+)), ..self }
                }
            )+
        }

        impl fmt::Debug for $insert<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($insert)).field(&self.task).finish()
            }
        }
    };
}

options!(
    task_type(task_type: impl Into<String>),
    priority(priority: Priority),
    delay(delay: Duration),
    at(at: DateTime<Utc>),
    expires(after_it_is_due: Duration),
    max_retries(max_retries: i32),
    tag(tag: impl Into<String>),
    tags(tags: impl IntoIterator<Item = impl Into<String>>),
    header(name: impl Into<String>, value: impl Into<String>),
    unique_by(unique: Unique),
);
