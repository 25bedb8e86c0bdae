//! A value of the application, as an argument of a task.

use crate::context::{Context, no_state};
use crate::error::FangError;
use crate::function::Shared;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A value that the application gave to the pool, as an argument of a task. It is not saved with the task. Cheap to
/// clone.
///
/// The pool has it if its builder was given a `T` or an `Arc<T>`: `.state(mailer)`. A pool refuses to start when a task
/// that it serves takes a value that it lacks.
///
/// ```
/// use fang_core::State;
/// struct Mailer {
///     sender: String,
/// }
/// // In a test:
/// let mailer = State::new(Mailer { sender: "hello@example.com".to_string() });
/// assert_eq!(mailer.sender, "hello@example.com");
/// ```
pub struct State<T>(Arc<T>);

impl<T> State<T> {
    /// A value, for tests that call the body of a task.
    pub fn new(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// The value, to keep.
    pub fn into_inner(self) -> Arc<T> {
        self.0
    }
}

impl<T: Shared> State<T> {
    /// The value that the pool of this run has. For the code that `#[fang::task]` makes.
    ///
    /// # Errors
    /// An error that names the type, when the pool has no such value.
    #[doc(hidden)]
    pub fn of(context: &Context) -> Result<Self, FangError> {
        context.port().values().shared().map(Self).ok_or_else(no_state::<T>)
    }
}

impl<T> From<Arc<T>> for State<T> {
    fn from(value: Arc<T>) -> Self {
        Self(value)
    }
}

impl<T> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

// Not derived: `T` need not be `Clone`.
impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: fmt::Debug> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("State").field(&self.0).finish()
    }
}
