//! Code of the application around every run of a pool.

use crate::error::FangError;
use crate::run::Run;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

type RunFuture<'a> = Pin<Box<dyn Future<Output = Result<(), FangError>> + Send + 'a>>;

/// Code around every run of a pool of async tasks. `middleware` of the pool's builder takes it.
///
/// ```
/// use fang_core::middleware::{Middleware, Next};
/// use fang_core::{FangError, Run};
///
/// /// Refuses tasks of one type, and prints the errors of the others.
/// struct Guard;
///
/// impl Middleware for Guard {
///     async fn call(&self, run: &Run, next: Next<'_>) -> Result<(), FangError> {
///         if run.task_type() == "retired" {
///             run.cancel("tasks of this type no longer run");
///             return Ok(());
///         }
///         next.run().await.inspect_err(|error| println!("{} failed: {error}", run.id()))
///     }
/// }
/// ```
///
/// It runs after the task was decoded, on the worker of the task. The time that it takes counts for the timeout. Its
/// result is the result of the run: an error or a panic has the same effect as one of the task itself.
pub trait Middleware: Send + Sync + 'static {
    /// Runs your code, and the task by `next.run()`. Without that call the task does not run. Implement it as
    /// `async fn call(&self, run: &Run, next: Next<'_>) -> Result<(), FangError>`.
    ///
    /// # Errors
    /// The reason why the run failed: that of the task, or another one.
    fn call(&self, run: &Run, next: Next<'_>) -> impl Future<Output = Result<(), FangError>> + Send;
}

/// Shares one value among several pools.
impl<M: Middleware> Middleware for Arc<M> {
    fn call(&self, run: &Run, next: Next<'_>) -> impl Future<Output = Result<(), FangError>> + Send {
        M::call(self, run, next)
    }
}

/// Code around every run of a pool of blocking tasks. `middleware` of the pool's builder takes it.
///
/// ```
/// use fang_core::middleware::{MiddlewareBlocking, NextBlocking};
/// use fang_core::{FangError, Run};
///
/// /// Times every run.
/// struct Timed;
///
/// impl MiddlewareBlocking for Timed {
///     fn call(&self, run: &Run, next: NextBlocking<'_>) -> Result<(), FangError> {
///         let begun = std::time::Instant::now();
///         let result = next.run();
///         println!("{} took {:?}", run.kind(), begun.elapsed());
///         result
///     }
/// }
/// ```
///
/// It runs after the task was decoded, on the thread of the task. Its result is the result of the run: an error or a
/// panic has the same effect as one of the task itself.
pub trait MiddlewareBlocking: Send + Sync + 'static {
    /// Runs your code, and the task by `next.run()`. Without that call the task does not run.
    ///
    /// # Errors
    /// The reason why the run failed: that of the task, or another one.
    fn call(&self, run: &Run, next: NextBlocking<'_>) -> Result<(), FangError>;
}

/// Shares one value among several pools.
impl<M: MiddlewareBlocking + ?Sized> MiddlewareBlocking for Arc<M> {
    fn call(&self, run: &Run, next: NextBlocking<'_>) -> Result<(), FangError> {
        M::call(self, run, next)
    }
}

/// [`Middleware`] as a pool keeps it.
trait Erased: Send + Sync {
    fn call<'a>(&'a self, run: &'a Run, next: Next<'a>) -> RunFuture<'a>;
}

impl<M: Middleware> Erased for M {
    fn call<'a>(&'a self, run: &'a Run, next: Next<'a>) -> RunFuture<'a> {
        Box::pin(Middleware::call(self, run, next))
    }
}

/// The rest of a run: further middleware, and the task itself.
#[must_use = "the task does not run until `run` is called"]
pub struct Next<'a> {
    rest: &'a [Arc<dyn Erased>],
    run: &'a Run,
    task: RunFuture<'a>,
}

impl<'a> Next<'a> {
    /// Runs the rest, and returns its result.
    #[must_use = "the task does not run until this is awaited"]
    pub fn run(self) -> Pin<Box<dyn Future<Output = Result<(), FangError>> + Send + 'a>> {
        match self.rest.split_first() {
            Some((first, rest)) => first.call(self.run, Next { rest, ..self }),
            None => self.task,
        }
    }
}

/// The rest of a run: further middleware, and the task itself.
#[must_use = "the task does not run until `run` is called"]
pub struct NextBlocking<'a> {
    rest: &'a [Arc<dyn MiddlewareBlocking>],
    run: &'a Run,
    task: &'a dyn Fn() -> Result<(), FangError>,
}

impl NextBlocking<'_> {
    /// Runs the rest, and returns its result.
    ///
    /// # Errors
    /// The error of the rest.
    pub fn run(self) -> Result<(), FangError> {
        match self.rest.split_first() {
            Some((first, rest)) => first.call(self.run, NextBlocking { rest, ..self }),
            None => (self.task)(),
        }
    }
}

/// The middleware of a pool of async tasks.
#[doc(hidden)]
#[derive(Clone, Default)]
pub struct Stack(Vec<Arc<dyn Erased>>);

impl Stack {
    /// Adds one around the task, inside of those that are there.
    pub fn add(&mut self, middleware: impl Middleware) {
        self.0.push(Arc::new(middleware));
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs a task within it.
    pub fn around<'a>(&'a self, run: &'a Run, task: RunFuture<'a>) -> RunFuture<'a> {
        Next { rest: &self.0, run, task }.run()
    }
}

/// The middleware of a pool of blocking tasks.
#[doc(hidden)]
#[derive(Clone, Default)]
pub struct StackBlocking(Vec<Arc<dyn MiddlewareBlocking>>);

impl StackBlocking {
    /// Adds one around the task, inside of those that are there.
    pub fn add(&mut self, middleware: impl MiddlewareBlocking) {
        self.0.push(Arc::new(middleware));
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs a task within it.
    ///
    /// # Errors
    /// The error of the middleware or the task.
    pub fn around(&self, run: &Run, task: &dyn Fn() -> Result<(), FangError>) -> Result<(), FangError> {
        NextBlocking { rest: &self.0, run, task }.run()
    }
}

macro_rules! debug {
    ($($stack:ident),+) => {
        $(
            impl fmt::Debug for $stack {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.debug_struct(stringify!($stack)).field("middleware", &self.0.len()).finish()
                }
            }
        )+
    };
}

debug!(Stack, StackBlocking);

macro_rules! debug_next {
    ($($next:ident),+) => {
        $(
            impl fmt::Debug for $next<'_> {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.debug_struct(stringify!($next)).field("run", &self.run).finish_non_exhaustive()
                }
            }
        )+
    };
}

debug_next!(Next, NextBlocking);
