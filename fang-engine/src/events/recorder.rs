//! What a pool records of its tasks: totals, and events for listeners.

use super::metrics::Metrics;
use super::totals::Totals;
use super::{Event, PoolStats, RunEnd, Subscribers, TaskInfo};
use crate::policy::decide::{Ending, MAX_ERROR_BYTES};
use crate::state::Job;
use fang_core::store::{Finish, Rescued, RescuedTask, Verdict};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// The totals and the listeners of a pool.
#[derive(Debug)]
pub struct Recorder {
    totals: Totals,
    metrics: Metrics,
    subscribers: Subscribers,
    /// How many events the listeners were too slow for before this start.
    dropped_before: u64,
    /// How many last events were not told, because other results of their batch came too late.
    untold: AtomicU64,
    /// Whether listeners were told last that the store does not answer.
    is_silent: AtomicBool,
    /// The last events of runs whose results are not saved yet. Empty without listeners. Workers add; the finisher and
    /// committers take.
    unsaved: Mutex<HashMap<(Uuid, i32), Event>>,
}

impl Recorder {
    /// For a pool that serves these task types.
    pub(crate) fn new(subscribers: Subscribers, task_types: impl IntoIterator<Item = Arc<str>>) -> Self {
        let (totals, metrics) = (Totals::default(), Metrics::new(task_types));
        let (is_silent, unsaved) = (AtomicBool::new(false), Mutex::default());
        let (untold, dropped_before) = (AtomicU64::new(0), subscribers.dropped());
        Self { totals, metrics, subscribers, dropped_before, untold, is_silent, unsaved }
    }

    /// The totals so far.
    pub(crate) fn stats(&self) -> PoolStats {
        let dropped = self.subscribers.dropped().saturating_sub(self.dropped_before);
        let dropped_events = dropped + self.untold.load(Ordering::Relaxed);
        PoolStats { dropped_events, ..self.totals.now() }
    }

    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        self.subscribers.tell(event);
    }

    /// Waits until all events so far are delivered.
    pub(crate) async fn flush(&self) {
        self.subscribers.flush().await;
    }

    pub(crate) fn claimed(&self, job: &Job) {
        count(&self.totals.claimed);
        self.metrics.claimed(job);
        self.tell(|| Event::Claimed { task: job.info() });
    }

    pub(crate) fn started(&self, job: &Job) {
        job.begins();
        count(&self.totals.started);
        self.metrics.started(job);
        self.tell(|| Event::Started { task: job.info() });
    }

    /// The body of a task has returned, or was dropped.
    pub(crate) fn ran(&self, job: &Job, end: RunEnd<'_>) {
        job.ended();
        self.metrics.ran(job, end);
        let error = match end {
            RunEnd::Returned => None,
            RunEnd::Failed(error) | RunEnd::TimedOut(error) => Some(error),
            RunEnd::Cancelled => Some("cancelled"),
        };
        self.tell(|| Event::Ran { task: job.info(), duration: job.took(), error: error.map(cut) });
        if matches!(end, RunEnd::TimedOut(_)) {
            self.timed_out(job);
        }
    }

    /// A run has exceeded its timeout.
    pub(crate) fn timed_out(&self, job: &Job) {
        count(&self.totals.timed_out);
        self.tell(|| Event::TimedOut { task: job.info(), duration: job.took() });
    }

    /// Tells a change between silent and answering.
    pub(crate) fn reach_changed(&self, is_silent: bool) {
        if self.is_silent.swap(is_silent, Ordering::SeqCst) != is_silent {
            self.tell(|| if is_silent { Event::ConnectionLost } else { Event::ConnectionBack });
        }
    }

    /// Workers have died, and their tasks were taken back.
    pub(crate) fn rescued(&self, rescued: Rescued) {
        let Rescued { buried: workers, tasks } = rescued;
        self.totals.rescued.fetch_add(tasks.len() as u64, Ordering::Relaxed);
        self.metrics.rescued(tasks.len() as u64);
        if workers > 0 {
            self.tell(|| Event::WorkersDied { workers });
        }
        for task in tasks {
            match &task.error {
                Some(_) if task.is_cancelled() => count(&self.totals.cancelled),
                Some(_) => {
                    count(&self.totals.failed);
                    self.metrics.failed(&task.task_type);
                }
                None => {}
            }
            self.tell(|| rescue_event(task));
        }
    }

    /// A run has ended. Listeners hear of it once the result is [saved](Self::saved).
    pub(crate) fn ended(&self, job: &Job, ending: &Ending) {
        if let Some(total) = self.total(ending) {
            count(total);
        }
        self.metrics.over(job);
        match ending {
            Ending::Retried { .. } => self.metrics.retried(job),
            Ending::Failed { .. } | Ending::Expired { .. } => self.metrics.failed(&job.task_type),
            _ => {}
        }
        if !self.subscribers.is_empty() {
            self.unsaved().insert((job.task.id, job.task.lease), event(job, ending));
        }
    }

    /// The results of these claims are saved.
    pub(crate) fn saved(&self, claims: impl Iterator<Item = (Uuid, i32)>) {
        if !self.subscribers.is_empty() {
            let events: Vec<Event> = self.take(claims);
            events.into_iter().for_each(|event| self.tell(|| event));
        }
    }

    /// Of the results of these claims so many came too late, and nobody knows which. The events of the others are
    /// counted as dropped.
    pub(crate) fn untold(&self, claims: impl Iterator<Item = (Uuid, i32)>, late: u64) {
        if !self.subscribers.is_empty() {
            let events = self.take(claims).len() as u64;
            self.untold.fetch_add(events.saturating_sub(late), Ordering::Relaxed);
        }
    }

    /// The store refused the result of this claim and took this one in its place.
    pub(crate) fn replaced(&self, refused: &Finish, saved: &Verdict) {
        if refused.verdict.code() != saved.code() {
            // It was counted as what the run made of it.
            match refused.verdict {
                Verdict::Retry { .. } => self.totals.retried.fetch_sub(1, Ordering::Relaxed),
                _ => self.totals.finished.fetch_sub(1, Ordering::Relaxed),
            };
            count(&self.totals.failed);
        }
        for event in self.take([(refused.id, refused.lease)].into_iter()) {
            if let Some(event) = event.with_result(&refused.verdict, saved) {
                self.tell(|| event);
            }
        }
    }

    /// The results of these claims are dropped.
    pub(crate) fn dropped(&self, claims: impl Iterator<Item = (Uuid, i32)>) {
        if !self.subscribers.is_empty() {
            drop(self.take(claims));
        }
    }

    fn take(&self, claims: impl Iterator<Item = (Uuid, i32)>) -> Vec<Event> {
        let mut unsaved = self.unsaved();
        claims.filter_map(|claim| unsaved.remove(&claim)).collect()
    }

    fn unsaved(&self) -> MutexGuard<'_, HashMap<(Uuid, i32), Event>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn total(&self, ending: &Ending) -> Option<&AtomicU64> {
        let totals = &self.totals;
        match ending {
            Ending::Succeeded => Some(&totals.finished),
            Ending::Retried { .. } => Some(&totals.retried),
            Ending::Failed { .. } => Some(&totals.failed),
            Ending::Cancelled { .. } => Some(&totals.cancelled),
            Ending::Expired { .. } => Some(&totals.expired),
            Ending::Snoozed { .. } => Some(&totals.snoozed),
            Ending::LeftToOthers { .. } => Some(&totals.unknown_kind),
            // Counted for the report of the shutdown.
            Ending::HandedBack => None,
        }
    }
}

fn rescue_event(rescued: RescuedTask) -> Event {
    let (task, is_cancelled) = (Arc::new(TaskInfo::rescued(&rescued)), rescued.is_cancelled());
    match rescued.error {
        Some(reason) if is_cancelled => {
            Event::Cancelled { task, duration: Duration::ZERO, reason: reason.into() }
        }
        Some(error) => Event::Failed { task, duration: Duration::ZERO, error: error.into() },
        None => Event::Rescued { task },
    }
}

/// The beginning of an error message, as a row keeps it.
fn cut(error: &str) -> Arc<str> {
    error.get(..error.floor_char_boundary(MAX_ERROR_BYTES)).unwrap_or(error).into()
}

fn count(total: &AtomicU64) {
    total.fetch_add(1, Ordering::Relaxed);
}

fn event(job: &Job, ending: &Ending) -> Event {
    let (task, duration): (_, Duration) = (job.info(), job.took());
    match ending {
        Ending::Succeeded => Event::Finished { task, duration },
        Ending::Retried { delay, error } => {
            Event::Retried { task, duration, delay: *delay, error: error.as_str().into() }
        }
        Ending::Failed { error } => Event::Failed { task, duration, error: error.as_str().into() },
        Ending::Cancelled { error } => Event::Cancelled { task, duration, reason: error.as_str().into() },
        Ending::Expired { error } => Event::Expired { task, error: error.as_str().into() },
        Ending::Snoozed { delay } => Event::Snoozed { task, duration, delay: *delay },
        Ending::LeftToOthers { delay, error } => {
            Event::UnknownKind { task, delay: *delay, error: error.as_str().into() }
        }
        Ending::HandedBack => Event::HandedBack { task },
    }
}
