//! Metrics by the facade [metrics](https://docs.rs/metrics), with the feature `metrics`. The names are those of
//! OpenTelemetry's [conventions for
//! messaging](https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/) where these have one. The only
//! labels are the task type and how a run ended: kinds, tags and tenants could be too many.

use super::RunEnd;
use super::first_names::Limited;
use crate::policy::served::Served;
use crate::state::Job;
use fang_core::NewTask;
use fang_core::store::Depth;
use metrics::{Counter, Gauge, Histogram, Unit, counter, gauge, histogram};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Once};
use std::time::Duration;

const SENT: &str = "messaging.client.sent.messages";
const CONSUMED: &str = "messaging.client.consumed.messages";
const PROCESS: &str = "messaging.process.duration";
const PICKUP: &str = "fang.pickup.duration";
const RUNNING: &str = "fang.tasks.running";
const DUE: &str = "fang.tasks.due";
const OLDEST_DUE: &str = "fang.tasks.oldest_due.age";
const RETRIED: &str = "fang.tasks.retried";
const FAILED: &str = "fang.tasks.failed";
const RESCUED: &str = "fang.tasks.rescued";

const SYSTEM: (&str, &str) = ("messaging.system", "fang");
const TASK_TYPE: &str = "messaging.destination.name";
const OPERATION: &str = "messaging.operation.name";
const ERROR: &str = "error.type";

/// The metrics of a pool.
pub(crate) struct Metrics {
    /// Those of the task types that it was given.
    types: HashMap<Arc<str>, OfType>,
    /// Those of the types that had tasks, if it serves many.
    growing: Option<Limited<OfType>>,
    /// Failures of tasks that were rescued for other pools.
    failed_elsewhere: Limited<Counter>,
    rescued: Counter,
}

/// The metrics of one task type.
struct OfType {
    consumed: Counter,
    pickup: Histogram,
    running: Gauge,
    returned: Histogram,
    failed_run: Histogram,
    timed_out: Histogram,
    cancelled: Histogram,
    retried: Counter,
    failed: Counter,
}

impl OfType {
    fn new(task_type: &Arc<str>) -> Self {
        let of = || metrics::SharedString::from(task_type.clone());
        let process = |error| histogram!(PROCESS, SYSTEM.0 => SYSTEM.1, OPERATION => "process", TASK_TYPE => of(), ERROR => error);
        Self {
            consumed: counter!(CONSUMED, SYSTEM.0 => SYSTEM.1, OPERATION => "claim", TASK_TYPE => of()),
            pickup: histogram!(PICKUP, TASK_TYPE => of()),
            running: gauge!(RUNNING, TASK_TYPE => of()),
            returned: histogram!(PROCESS, SYSTEM.0 => SYSTEM.1, OPERATION => "process", TASK_TYPE => of()),
            failed_run: process("failed"),
            timed_out: process("timed_out"),
            cancelled: process("cancelled"),
            retried: counter!(RETRIED, TASK_TYPE => of()),
            failed: failures(task_type),
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// The metrics of a pool that serves these task types, in the recorder of the process.
    pub(crate) fn new(served: &Served) -> Self {
        describe();
        let few = served.names().filter(|_| !served.are_many());
        let types = few.map(|task_type| (task_type.clone(), OfType::new(task_type)));
        let growing = served.are_many().then(Limited::default);
        let (types, failed_elsewhere) = (types.collect(), Limited::default());
        Self { types, growing, failed_elsewhere, rescued: counter!(RESCUED) }
    }

    fn of(&self, job: &Job, record: impl FnOnce(&OfType)) {
        match (self.types.get(&job.task_type), &self.growing) {
            (Some(metrics), _) => record(metrics),
            (None, Some(growing)) => record(&growing.of(&job.task_type, OfType::new)),
            (None, None) => {}
        }
    }

    pub(crate) fn claimed(&self, job: &Job) {
        self.of(job, |metrics| metrics.consumed.increment(1));
    }

    /// A run has begun, for which the task waited this long.
    pub(crate) fn started(&self, job: &Job, waited: Duration) {
        self.of(job, |metrics| {
            metrics.pickup.record(waited.as_secs_f64());
            metrics.running.increment(1);
        });
    }

    pub(crate) fn ran(&self, job: &Job, end: RunEnd<'_>) {
        self.of(job, |metrics| {
            let histogram = match end {
                RunEnd::Returned => &metrics.returned,
                RunEnd::Failed(_) => &metrics.failed_run,
                RunEnd::TimedOut(_) => &metrics.timed_out,
                RunEnd::Cancelled => &metrics.cancelled,
            };
            histogram.record(job.took().as_secs_f64());
        });
    }

    /// A run has ended, or a task that has not begun will not run here.
    pub(crate) fn over(&self, job: &Job) {
        if job.has_begun() {
            self.of(job, |metrics| metrics.running.decrement(1));
        }
    }

    pub(crate) fn retried(&self, job: &Job) {
        self.of(job, |metrics| metrics.retried.increment(1));
    }

    pub(crate) fn failed(&self, task_type: &str) {
        match (self.types.get(task_type), &self.growing) {
            (Some(metrics), _) => metrics.failed.increment(1),
            (None, Some(growing)) => growing.of(task_type, OfType::new).failed.increment(1),
            // A task that was rescued for another pool.
            (None, None) => self.failed_elsewhere.of(task_type, failures).increment(1),
        }
    }

    pub(crate) fn rescued(&self, tasks: u64) {
        self.rescued.increment(tasks);
    }
}

/// The task types under whose names the process tells of inserts.
static SENT_TYPES: LazyLock<Limited<Arc<str>>> = LazyLock::new(Limited::default);

/// Counts tasks that a queue has inserted. The recorder is asked each time, since it may be installed after the first
/// insert.
pub(crate) fn sent<'a>(tasks: impl Iterator<Item = &'a NewTask>) {
    let mut counts = HashMap::<&str, u64>::new();
    for task in tasks {
        *counts.entry(task.row().task_type).or_default() += 1;
    }
    for (task_type, count) in counts {
        let name = metrics::SharedString::from(Arc::clone(&*SENT_TYPES.of(task_type, Arc::clone)));
        counter!(SENT, SYSTEM.0 => SYSTEM.1, OPERATION => "insert", TASK_TYPE => name).increment(count);
    }
}

/// The counter of failures of a task type.
fn failures(task_type: &Arc<str>) -> Counter {
    counter!(FAILED, TASK_TYPE => metrics::SharedString::from(task_type.clone()))
}

/// Sets the gauges of the waiting tasks of a type; `None` if no task waits.
pub(crate) fn waits(task_type: &Arc<str>, depth: Option<&Depth>) {
    let of = || metrics::SharedString::from(task_type.clone());
    let oldest = depth.and_then(|depth| depth.oldest_due).unwrap_or_default();
    gauge!(DUE, TASK_TYPE => of()).set(depth.map_or(0, |depth| depth.due.count) as f64);
    gauge!(OLDEST_DUE, TASK_TYPE => of()).set(oldest.as_secs_f64());
}

/// Tells the recorder once what the metrics mean.
fn describe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        metrics::describe_counter!(SENT, "Tasks that were inserted.");
        metrics::describe_counter!(CONSUMED, "Tasks that were claimed.");
        metrics::describe_histogram!(PROCESS, Unit::Seconds, "How long runs took.");
        metrics::describe_histogram!(
            PICKUP,
            Unit::Seconds,
            "How long tasks had been due when their runs began."
        );
        metrics::describe_gauge!(RUNNING, "Tasks that run now.");
        metrics::describe_gauge!(DUE, "Tasks that are due and wait, at most 10,000.");
        metrics::describe_gauge!(
            OLDEST_DUE,
            Unit::Seconds,
            "How long the first of these tasks has been due."
        );
        metrics::describe_counter!(RETRIED, "Runs that failed and are retried.");
        metrics::describe_counter!(FAILED, "Tasks that failed for good.");
        metrics::describe_counter!(RESCUED, "Tasks that were taken from workers that died.");
    });
}
