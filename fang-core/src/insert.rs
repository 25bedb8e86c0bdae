//! An insert in the making: a task bound to a queue, in both colours.

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

/// An insert through a blocking queue: what [`Queueable::light`](crate::Queueable::light) and
/// [`heavy`](crate::Queueable::heavy) begin, and [`insert`](Self::insert) ends.
///
/// It has the options of a [`NewTask`]. Whatever is wrong with the task is told at its end, so that nothing
/// needs a `?` before.
#[must_use = "nothing is inserted before `insert` is called"]
pub struct Insert<'q> {
    task: Result<NewTask, PayloadError>,
    send: Box<Send<'q>>,
}

/// An insert through an async queue: what [`AsyncQueueable::light`](crate::AsyncQueueable::light) and
/// [`heavy`](crate::AsyncQueueable::heavy) begin, and [`insert`](Self::insert) ends.
///
/// It has the options of a [`NewTask`]. Whatever is wrong with the task is told at its end, so that nothing
/// needs a `?` before.
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

    /// Saves it, and tells what is there now.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when it cannot be saved as it is, [`QueueError::NotUnique`] when a task like
    /// it is there and it [must not be](Unique::or_error), [`QueueError::Store`] when the store fails.
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

    /// Saves it, and tells what is there now.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when it cannot be saved as it is, [`QueueError::NotUnique`] when a task like
    /// it is there and it [must not be](Unique::or_error), [`QueueError::Store`] when the store fails.
    pub async fn insert(self) -> Result<Inserted, QueueError> {
        only((self.send)(self.task?).await?)
    }
}

fn only(inserted: Vec<Inserted>) -> Result<Inserted, QueueError> {
    inserted.into_iter().next().ok_or_else(|| StoreError::no_answer().into())
}

/// The options are those of `NewTask`, where each is written once.
macro_rules! options {
    ($($name:ident($value:ident: $type:ty)),+ $(,)?) => {
        options!(@of Insert { $($name($value: $type)),+ });
        options!(@of AsyncInsert { $($name($value: $type)),+ });
    };
    (@of $insert:ident { $($name:ident($value:ident: $type:ty)),+ }) => {
        impl $insert<'_> {
            $(
                #[doc = concat!("See [`NewTask::", stringify!($name), "`].")]
                pub fn $name(self, $value: $type) -> Self {
                    Self { task: self.task.map(|task| task.$name($value)), ..self }
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
    max_retries(max_retries: i32),
    tag(tag: impl Into<String>),
    tags(tags: impl IntoIterator<Item = impl Into<String>>),
    unique_by(unique: Unique),
);
