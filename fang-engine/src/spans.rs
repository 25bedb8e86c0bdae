//! A span of [tracing](https://docs.rs/tracing) around every run, with the feature `tracing`. Without it, all of this
//! is nothing.

use crate::state::{Job, TaskRun};
use std::fmt;
#[cfg(feature = "tracing")]
use {
    crate::observed::observed,
    crate::policy::shortened::shortened,
    fang_core::Context,
    std::panic::{AssertUnwindSafe, catch_unwind},
    std::sync::Arc,
    tracing::{Instrument, Span, field::Empty, info_span, instrument::Instrumented},
};

/// Code of the application that sees the span of every run before the run begins.
#[derive(Clone, Default)]
pub struct SpanHook {
    #[cfg(feature = "tracing")]
    hook: Option<Arc<Hook>>,
}

#[cfg(feature = "tracing")]
type Hook = dyn Fn(&Span, &Context) + Send + Sync;

#[cfg(feature = "tracing")]
impl SpanHook {
    /// A hook that calls this.
    pub fn new(hook: impl Fn(&Span, &Context) + Send + Sync + 'static) -> Self {
        Self { hook: Some(Arc::new(hook)) }
    }
}

impl fmt::Debug for SpanHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanHook").finish_non_exhaustive()
    }
}

/// The span of one run.
#[derive(Clone, Debug)]
pub struct RunSpan {
    #[cfg(feature = "tracing")]
    span: Span,
}

#[cfg(not(feature = "tracing"))]
#[expect(clippy::unused_self, reason = "there are spans with the feature only")]
impl RunSpan {
    pub(crate) fn new(_: &Job, _: &std::sync::Arc<TaskRun>, _: &SpanHook) -> Self {
        Self {}
    }

    /// For a task that did not run.
    #[must_use]
    pub fn none() -> Self {
        Self {}
    }

    pub(crate) fn failed(&self, _: &str) {}

    /// The run within the span.
    pub fn around<F: Future>(&self, run: F) -> F {
        run
    }

    /// Runs this within the span.
    pub fn within<T>(&self, run: impl FnOnce() -> T) -> T {
        run()
    }
}

#[cfg(feature = "tracing")]
impl RunSpan {
    /// The names of the fields are those of OpenTelemetry's [conventions for
    /// messaging](https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/). `otel.name`, `otel.kind` and
    /// `otel.status_code` are understood by the crate `tracing-opentelemetry`.
    pub(crate) fn new(job: &Job, run: &Arc<TaskRun>, hook: &SpanHook) -> Self {
        let span = info_span!(
            target: "fang",
            "process",
            otel.name = format_args!("process {}", job.task_type),
            otel.kind = "consumer",
            otel.status_code = Empty,
            messaging.system = "fang",
            messaging.operation.name = "process",
            messaging.operation.type = "process",
            messaging.destination.name = &*job.task_type,
            messaging.message.id = %job.task.id,
            fang.kind = Empty,
            fang.attempt = job.attempt(),
            error = Empty,
        );
        if !span.is_disabled() {
            span.record("fang.kind", &*job.info().kind);
            if let Some(hook) = &hook.hook
                && catch_unwind(AssertUnwindSafe(|| hook(&span, &run.context()))).is_err()
            {
                log::error!("`on_span` panicked; the task {} runs without what it does", job.task.id);
            }
        }
        Self { span }
    }

    /// For a task that did not run.
    #[must_use]
    pub fn none() -> Self {
        Self { span: Span::none() }
    }

    pub(crate) fn failed(&self, error: &str) {
        observed(|| {
            self.span.record("otel.status_code", "ERROR");
            self.span.record("error", shortened(error));
        });
    }

    /// The run within the span.
    pub fn around<F: Future>(&self, run: F) -> Instrumented<F> {
        run.instrument(self.span.clone())
    }

    /// Runs this within the span.
    pub fn within<T>(&self, run: impl FnOnce() -> T) -> T {
        self.span.in_scope(run)
    }
}

/// Defines the calls of a pool that concern spans.
#[cfg(feature = "tracing")]
#[doc(hidden)]
#[macro_export]
macro_rules! pool_spans {
    ($pool:ident, $backend:ident) => {
        impl<Q: $backend> $pool<Q> {
            /// Calls `hook` with the span of every run before the run begins, and with the run. It can link the span to
            /// the trace of the insert, whose context it finds in a header of the task. Needs the feature `tracing`.
            /// Defaults to no hook. It takes effect when the pool starts.
            pub fn on_span(
                mut self,
                hook: impl Fn(&$crate::tracing::Span, &$crate::core::Context) + Send + Sync + 'static,
            ) -> Self {
                self.spans = $crate::spans::SpanHook::new(hook);
                self
            }
        }
    };
}

/// Without the feature `tracing` there are no such calls.
#[cfg(not(feature = "tracing"))]
#[doc(hidden)]
#[macro_export]
macro_rules! pool_spans {
    ($pool:ident, $backend:ident) => {};
}
