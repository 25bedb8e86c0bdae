//! The options that runs of a test share.

use crate::mode::Mode;
use fang_core::middleware::{self, Stack, StackBlocking};
use fang_engine::PoolConfig;

/// Code around runs, for the mode of a pool: a [`Middleware`](middleware::Middleware) or a
/// [`MiddlewareBlocking`](middleware::MiddlewareBlocking).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no middleware for this mode",
    label = "implement `Middleware` (async mode) or `MiddlewareBlocking` (blocking mode)"
)]
pub trait AnyMiddleware<M: Mode> {
    #[doc(hidden)]
    fn add_to(self, asynk: &mut Stack, blocking: &mut StackBlocking);
}

#[cfg(feature = "asynk")]
#[diagnostic::do_not_recommend]
impl<T: middleware::Middleware> AnyMiddleware<crate::mode::Asynk> for T {
    fn add_to(self, asynk: &mut Stack, _: &mut StackBlocking) {
        asynk.add(self);
    }
}

#[cfg(feature = "blocking")]
#[diagnostic::do_not_recommend]
impl<T: middleware::MiddlewareBlocking> AnyMiddleware<crate::mode::Blocking> for T {
    fn add_to(self, _: &mut Stack, blocking: &mut StackBlocking) {
        blocking.add(self);
    }
}

/// Adds a middleware to a configuration.
pub(crate) fn add<M: Mode>(config: &mut PoolConfig, middleware: impl AnyMiddleware<M>) {
    middleware.add_to(&mut config.middleware, &mut config.middleware_blocking);
}

/// Defines the options of a builder that has a `config`.
macro_rules! run_options {
    () => {
        /// Gives the runs access to a value, as `state` of a pool does. Defaults to none. If a task takes a value that
        /// was not given, it fails.
        pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
            self.config.values.insert(value);
            self
        }

        /// How long a run may take, in place of what its kind says. Defaults to the kind's own timeout.
        ///
        /// An async run is dropped at its next `.await` after that time. A blocking run is told to end, and its result
        /// counts.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.config.timeout = Some(timeout);
            self
        }
    };
}

pub(crate) use run_options;
