//! What a pool records of its tasks: totals, and events for listeners.

use super::ends::{of_rescue, of_run};
use super::metrics::Metrics;
use super::tallies::Tallies;
use super::totals::Totals;
use super::unsaved::Unsaved;
use super::wall::Wall;
use super::{Event, PoolStats, RunEnd, Subscribers};
use crate::insert_hooks::InsertTotal;
use crate::observed::observed;
use crate::policy::decide::Ending;
use crate::policy::served::Served;
use crate::policy::shortened::shortened;
use crate::state::Job;
use fang_core::store::{Finish, Rescued, Tick, Verdict};
use fang_core::{Task, kind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use uuid::Uuid;

/// The totals and the listeners of a pool.
#[derive(Debug)]
pub struct Recorder {
    totals: Totals,
    /// What the heart tells with its beats.
    pub(crate) tallies: Tallies,
    /// How long tasks waited is measured by it. The heart sets it, workers read.
    pub(crate) wall: Wall,
    metrics: Metrics,
    subscribers: Subscribers,
    /// How many events the listeners were too slow for before this start.
    dropped_before: u64,
    /// What the queue of the pool inserts, and how much that was before this start.
    inserts: InsertTotal,
    inserted_before: u64,
    /// How many last events were not told, because other results of their batch came too late.
    untold: AtomicU64,
    /// Whether listeners were told last that the store does not answer.
    is_silent: AtomicBool,
    unsaved: Unsaved,
}

impl Recorder {
    /// For a pool that serves these task types, and whose queue counts its inserts there.
    pub(crate) fn new(subscribers: Subscribers, inserts: InsertTotal, served: &Served) -> Self {
        Self {
            totals: Totals::default(),
            tallies: Tallies::new(served, &kind::all_names()),
            wall: Wall::new(),
            metrics: Metrics::new(served),
            dropped_before: subscribers.dropped(),
            subscribers,
            inserted_before: inserts.now(),
            inserts,
            untold: AtomicU64::new(0),
            is_silent: AtomicBool::new(false),
            unsaved: Unsaved::default(),
        }
    }

    /// The totals so far.
    pub(crate) fn stats(&self) -> PoolStats {
        let dropped = self.subscribers.dropped().saturating_sub(self.dropped_before);
        let dropped_events = dropped + self.untold.load(Ordering::Relaxed);
        let inserted = self.inserts.now().saturating_sub(self.inserted_before);
        PoolStats { inserted, dropped_events, ..self.totals.now() }
    }

    /// The recorder of the application may panic.
    fn measure(&self, measure: impl FnOnce(&Metrics)) {
        observed(|| measure(&self.metrics));
    }

    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        self.subscribers.tell(event);
    }

    /// Waits until all events so far are delivered.
    pub(crate) async fn flush(&self) {
        self.subscribers.flush().await;
    }

    /// Counts claimed tasks.
    pub(crate) fn claimed(&self, tasks: usize) {
        self.totals.claimed.fetch_add(tasks as u64, Ordering::Relaxed);
    }

    /// Tells of a claimed task.
    pub(crate) fn dispatched(&self, job: &Job) {
        self.measure(|metrics| metrics.claimed(job));
        self.tell_of_run_before(job);
        self.tell(|| Event::Claimed { task: job.info() });
    }

    /// A claim may bring a task back before the [result](Self::saved) of its last run is told as saved. That was saved if
    /// the pool has kept its worker id: nobody takes the tasks of a living worker away.
    fn tell_of_run_before(&self, job: &Job) {
        if !self.subscribers.is_empty() {
            self.unsaved.tell_of_run_before(job, |event| self.tell(|| event));
        }
    }

    /// The payload of a task is decoded.
    pub(crate) fn decoded(&self, job: &Job, kind: &'static str) {
        self.tallies.is_of_kind(job, kind);
    }

    pub(crate) fn started(&self, job: &Job) {
        let now = self.wall.now();
        job.begins(now);
        let waited = job.waited_at(self.wall.at(now));
        count(&self.totals.started);
        self.tallies.started(job, waited);
        self.measure(|metrics| metrics.started(job, waited));
        self.tell(|| Event::Started { task: job.info() });
    }

    /// The body of a task has returned, or was dropped.
    pub(crate) fn ran(&self, job: &Job, end: RunEnd<'_>) {
        self.run_is_over(job);
        self.measure(|metrics| metrics.ran(job, end));
        let error = match end {
            RunEnd::Returned => None,
            RunEnd::Failed(error) | RunEnd::TimedOut(error) => Some(error),
            RunEnd::Cancelled => Some("cancelled"),
        };
        self.tell(|| Event::Ran {
            task: job.info(),
            duration: job.took(),
            error: error.map(|error| shortened(error).into()),
        });
        if matches!(end, RunEnd::TimedOut(_)) {
            self.timed_out(job);
        }
    }

    /// Counts a run that has ended, once.
    fn run_is_over(&self, job: &Job) {
        if job.ended(|| self.wall.now()) {
            self.tallies.ran(job, job.took());
        }
    }

    /// A run has exceeded its timeout.
    pub(crate) fn timed_out(&self, job: &Job) {
        count(&self.totals.timed_out);
        self.tell(|| Event::TimedOut { task: job.info(), duration: job.took_by(|| self.wall.now()) });
    }

    /// Tells a change between silent and answering.
    pub(crate) fn reach_changed(&self, is_silent: bool) {
        if self.is_silent.swap(is_silent, Ordering::SeqCst) != is_silent {
            count(if is_silent { &self.totals.connections_lost } else { &self.totals.connections_back });
            self.tell(|| if is_silent { Event::ConnectionLost } else { Event::ConnectionBack });
        }
    }

    /// Tasks of a cron were inserted.
    pub(crate) fn cron_fired(&self, tick: &Tick<'_>) {
        let caught_up = tick.late.len();
        if caught_up > 0 || tick.dropped.is_some() {
            count(&self.totals.crons_missed);
            self.tell(|| Event::CronMissed { cron: tick.name.into(), caught_up });
        }
        let next = tick.next.map(|_| tick.id);
        for task in tick.late.iter().map(|(_, id)| *id).chain(next) {
            count(&self.totals.crons_fired);
            self.tell(|| Event::CronFired { cron: tick.name.into(), task });
        }
    }

    /// Workers have died, and their tasks were taken back.
    pub(crate) fn rescued(&self, rescued: Rescued) {
        let Rescued { buried: workers, tasks } = rescued;
        self.totals.rescued.fetch_add(tasks.len() as u64, Ordering::Relaxed);
        self.measure(|metrics| metrics.rescued(tasks.len() as u64));
        if workers > 0 {
            self.totals.workers_died.fetch_add(workers, Ordering::Relaxed);
            self.tell(|| Event::WorkersDied { workers });
        }
        for task in tasks {
            match &task.error {
                Some(_) if task.is_cancelled() => {
                    count(&self.totals.cancelled);
                    self.tallies.cancelled(&task.task_type, task.kind.as_deref());
                }
                Some(_) => {
                    count(&self.totals.failed);
                    self.tallies.failed(&task.task_type, task.kind.as_deref());
                    self.measure(|metrics| metrics.failed(&task.task_type));
                }
                None => {}
            }
            self.tell(|| of_rescue(task));
        }
    }

    /// A run has ended. Listeners hear of it once the result is [saved](Self::saved).
    pub(crate) fn ended(&self, job: &Job, ending: &Ending) {
        if let Some(total) = self.total(ending) {
            count(total);
        }
        // A run that was dropped, or whose worker died, has not told its end.
        self.run_is_over(job);
        self.tallies.ended(job, ending);
        self.measure(|metrics| metrics.over(job));
        self.measure(|metrics| match ending {
            Ending::Retried { .. } => metrics.retried(job),
            Ending::Failed { .. } | Ending::Expired { .. } => metrics.failed(&job.task_type),
            _ => {}
        });
        if !self.subscribers.is_empty() {
            self.unsaved.add(job, of_run(job, ending));
        }
    }

    /// The results of these claims are saved.
    pub(crate) fn saved(&self, claims: impl Iterator<Item = (Uuid, i32)>) {
        if !self.subscribers.is_empty() {
            self.unsaved.tell(claims, |event| self.tell(|| event));
        }
    }

    /// Of the results of these claims so many came too late, and nobody knows which. The events of the others are
    /// counted as dropped.
    pub(crate) fn untold(&self, claims: impl Iterator<Item = (Uuid, i32)>, late: u64) {
        if !self.subscribers.is_empty() {
            let events = self.unsaved.take(claims).len() as u64;
            self.untold.fetch_add(events.saturating_sub(late), Ordering::Relaxed);
        }
    }

    /// The store refused the result of this claim and took this one in its place. The row is not always known. A
    /// removal is what a success becomes, and with `removes_all` any end: then nobody knows what it was counted as, and the
    /// counts stay.
    pub(crate) fn replaced(&self, refused: &Finish, saved: &Verdict, task: Option<&Task>, removes_all: bool) {
        let is_known = !(removes_all && refused.verdict == Verdict::Remove);
        if is_known && refused.verdict.code() != saved.code() {
            // It was counted as what the run made of it.
            let was_retried = matches!(refused.verdict, Verdict::Retry { .. });
            let wrong = if was_retried { &self.totals.retried } else { &self.totals.finished };
            wrong.fetch_sub(1, Ordering::Relaxed);
            count(&self.totals.failed);
            if let Some(task) = task {
                self.tallies.failed_after_all(&task.task_type, task.kind(), was_retried);
                self.measure(|metrics| metrics.failed(&task.task_type));
            }
        }
        for event in self.unsaved.take([(refused.id, refused.lease)].into_iter()) {
            if let Some(event) = event.with_result(&refused.verdict, saved) {
                self.tell(|| event);
            }
        }
    }

    /// The results of these claims are dropped.
    pub(crate) fn dropped(&self, claims: impl Iterator<Item = (Uuid, i32)>) {
        if !self.subscribers.is_empty() {
            drop(self.unsaved.take(claims));
        }
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

fn count(total: &AtomicU64) {
    total.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_core::Mode;
    use fang_core::store::{By, Claimed, Counts, RescuedTask, WorkerId};
    use std::time::Duration;

    fn recorder() -> Recorder {
        telling(Subscribers::default())
    }

    fn telling(subscribers: Subscribers) -> Recorder {
        Recorder::new(subscribers, InsertTotal::default(), &Served::new(&[], "mail", false))
    }

    /// How many tasks of this type have succeeded, are retried, have failed and were cancelled.
    fn numbers(recorder: &Recorder, task_type: &str) -> [u64; 4] {
        let now = recorder.tallies.now();
        let tally = &now.iter().find(|(by, name, _)| *by == By::TaskType && **name == *task_type).unwrap().2;
        [tally.finished, tally.retried, tally.failed, tally.cancelled]
    }

    fn mail() -> Task {
        let mut task = Task::new(Uuid::nil(), serde_json::json!({}));
        task.task_type = "mail".to_owned();
        task
    }

    fn rescued(task_type: &str, error: Option<&str>) -> RescuedTask {
        RescuedTask {
            id: Uuid::nil(),
            kind: None,
            task_type: task_type.to_owned(),
            mode: Mode::Asynk,
            retries: 0,
            error: error.map(str::to_owned),
        }
    }

    #[test]
    fn a_task_that_comes_back_tells_its_last_run_first_unless_it_was_taken_away() {
        let (sender, told) = std::sync::mpsc::channel();
        let mut subscribers = Subscribers::default();
        subscribers.add(move |event| sender.send(event.name()).unwrap());
        let recorder = telling(subscribers);
        let claim = |lease, worker| {
            let task = Claimed { lease, ..crate::state::example() };
            Job::new(task, "mail".into(), WorkerId(worker), None)
        };
        let retried = Ending::Retried { delay: Duration::ZERO, error: "busy".to_owned() };
        recorder.ended(&claim(1, 1), &retried);
        recorder.dispatched(&claim(2, 1));
        recorder.saved([(claim(1, 1).task.id, 1)].into_iter());
        recorder.ended(&claim(2, 1), &retried);
        recorder.dispatched(&claim(3, 2));
        let told: Vec<_> = told.iter().take(3).collect();
        assert_eq!(told, ["task.retried", "task.claimed", "task.claimed"]);
    }

    #[test]
    fn rescued_tasks_that_do_not_run_again_count_for_their_type_or_for_the_others() {
        let recorder = recorder();
        let ends = [None, Some("died too often"), Some("cancelled")];
        let tasks = ["mail", "sync", "feeds"].iter().flat_map(|of| ends.map(|error| rescued(of, error)));
        recorder.rescued(Rescued { buried: 1, tasks: tasks.collect() });
        assert_eq!(numbers(&recorder, "mail"), [0, 0, 1, 1]);
        assert_eq!(numbers(&recorder, Counts::OTHERS), [0, 0, 2, 2]);
    }

    #[test]
    fn a_result_that_was_replaced_counts_as_the_one_that_was_saved() {
        let recorder = recorder();
        let failed = Verdict::Fail { error: "refused".to_owned() };
        let retried = Verdict::Retry { delay: Duration::ZERO, error: "busy".to_owned() };
        let job = Job::new(crate::state::example(), "mail".into(), fang_core::store::WorkerId(1), None);
        recorder.ended(&job, &Ending::Succeeded);
        recorder.ended(&job, &Ending::Retried { delay: Duration::ZERO, error: "busy".to_owned() });
        recorder.ended(&job, &Ending::Failed { error: "no".to_owned() });
        for verdict in [Verdict::Remove, retried, failed.clone()] {
            let refused = Finish { id: Uuid::nil(), lease: 1, verdict, keep: None };
            recorder.replaced(&refused, &failed, Some(&mail()), false);
        }
        assert_eq!(numbers(&recorder, "mail"), [0, 0, 3, 0]);
        let stats = recorder.stats();
        assert_eq!((stats.finished, stats.retried, stats.failed), (0, 0, 3));
    }

    #[test]
    fn a_refused_removal_does_not_uncount_a_success_that_may_have_been_a_failure() {
        let recorder = recorder();
        let failed = Verdict::Fail { error: "refused".to_owned() };
        let job = Job::new(crate::state::example(), "mail".into(), fang_core::store::WorkerId(1), None);
        recorder.ended(&job, &Ending::Failed { error: "no".to_owned() });
        let refused = Finish { id: Uuid::nil(), lease: 1, verdict: Verdict::Remove, keep: None };
        recorder.replaced(&refused, &failed, Some(&mail()), true);
        assert_eq!(numbers(&recorder, "mail"), [0, 0, 1, 0]);
    }
}
