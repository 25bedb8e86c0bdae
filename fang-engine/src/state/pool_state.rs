//! The state that the parts of a pool share. No clock, no waiting.

use super::again::Again;
use super::in_flight::InFlight;
use super::job::Job;
use super::load::Gauge;
use super::news::{News, Untold};
use super::results::Finished;
use super::run::{Environment, TaskRun};
use super::stats::Stats;
use super::told::{Told, tell_overran, tell_rescue};
use crate::events::{PoolStats, Recorder};
use crate::observed::observed;
use crate::policy::decide::{Outcome, ending};
use crate::policy::served::Served;
use fang_core::kind::Kinds;
use fang_core::notify::Notice;
use fang_core::store::{Claimed, Finish, Rescued, WorkerId};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The worker id before registration. The store has no such worker.
const NOBODY: i64 = 0;

/// The state that the parts of a pool share.
#[derive(Debug)]
pub struct PoolState {
    /// The environment of all runs. Set when the pool starts.
    pub environment: Arc<Environment>,
    /// The task types that the pool works on. Set when it starts.
    pub served: Served,
    /// The kinds that may run. Set when the pool starts; workers read.
    pub kinds: Kinds,
    /// The load of the pool. The claimer, workers and the finisher write; the claimer reads.
    pub gauge: Gauge,
    /// The tasks in flight. The claimer and committers add, the finisher removes.
    pub in_flight: InFlight,
    /// What the log was told of runs. Workers write.
    told: Told,
    /// Totals, and events for listeners. All parts write.
    pub recorder: Recorder,
    /// Counters for the report of the shutdown.
    pub stats: Stats,
    /// What the claimer has not heard yet of task types. Notifications and the finisher write; the claimer takes.
    news: News,
    /// The tasks whose results make them wait again. Workers add, the finisher removes.
    pub again: Again,
    /// Whether tasks came back to places before the scan floor. Notifications write; the claimer takes.
    came_back: AtomicBool,
    /// Whether the store may have claims for this pool that the pool does not know of: the server may have crashed and
    /// forgotten results, or another worker may have read a list that was then taken back. The listening connection,
    /// committers and the claimer write; the claimer takes.
    must_reconcile: AtomicBool,
    /// How many workers the pool is to have. The application writes; the claimer reads.
    workers: AtomicUsize,
    /// The worker id of the pool. The heart writes; all parts read.
    worker: AtomicI64,
}

impl PoolState {
    /// The state of a pool that starts.
    pub fn new(environment: Environment, served: Served, kinds: Kinds, recorder: Recorder) -> Self {
        Self {
            environment: Arc::new(environment),
            news: News::default(),
            again: Again::default(),
            kinds,
            gauge: Gauge::default(),
            in_flight: InFlight::default(),
            told: Told::default(),
            recorder,
            served,
            stats: Stats::default(),
            came_back: AtomicBool::new(false),
            must_reconcile: AtomicBool::new(false),
            workers: AtomicUsize::new(0),
            worker: AtomicI64::new(NOBODY),
        }
    }

    /// The worker id under which the pool claims now.
    pub fn worker(&self) -> WorkerId {
        WorkerId(self.worker.load(Ordering::SeqCst))
    }

    /// Goes on under this worker id, and makes the claimer look for tasks of all types.
    pub fn goes_on_as(&self, worker: WorkerId) {
        self.worker.store(worker.0, Ordering::SeqCst);
        self.mark_all_inserted();
    }

    /// Makes the claimer look for tasks of all types.
    pub fn mark_all_inserted(&self) {
        self.news.of_all();
    }

    /// Tells that a task of this type was inserted.
    pub fn mark_inserted(&self, task_type: &str, notice: Notice) {
        if let Some(share) = self.served.share(task_type) {
            self.news.inserted(share.task_type, notice);
        }
    }

    /// Tells that a task of this type becomes due then.
    pub fn mark_due(&self, task_type: &str, at: Duration) {
        if let Some(share) = self.served.share(task_type) {
            self.news.due_at(share.task_type, at);
        }
    }

    /// What was told of task types since the last call.
    pub fn take_news(&self) -> Untold {
        self.news.take()
    }

    /// Tells that tasks came back to places before the scan floor.
    pub fn came_back(&self) {
        self.came_back.store(true, Ordering::SeqCst);
    }

    /// Whether that happened since the last call.
    pub fn take_came_back(&self) -> bool {
        self.came_back.swap(false, Ordering::SeqCst)
    }

    /// Tells that the store may have claims for this pool that the pool does not know of.
    pub fn must_reconcile(&self) {
        self.must_reconcile.store(true, Ordering::SeqCst);
    }

    /// Whether that happened since the last call.
    pub fn take_must_reconcile(&self) -> bool {
        self.must_reconcile.swap(false, Ordering::SeqCst)
    }

    /// How many workers the pool is to have.
    pub fn workers(&self) -> usize {
        self.workers.load(Ordering::Relaxed)
    }

    /// Sets how many workers the pool is to have. Returns the number before.
    pub fn resize(&self, workers: usize) -> usize {
        self.workers.swap(workers, Ordering::SeqCst)
    }

    /// The run of a task, which has to end by the deadline.
    pub fn run(&self, job: Arc<Job>, deadline: Option<Instant>) -> Arc<TaskRun> {
        Arc::new(TaskRun {
            job,
            deadline,
            environment: self.environment.clone(),
            is_told_to_end: AtomicBool::new(false),
            wish: Mutex::default(),
        })
    }

    /// Tells of workers that have died, and of their tasks.
    pub fn rescued(&self, rescued: Rescued) {
        tell_rescue(&rescued);
        self.recorder.rescued(rescued);
    }

    /// What the pool has done so far.
    pub fn stats(&self) -> PoolStats {
        PoolStats {
            handed_back: self.stats.handed_back.load(Ordering::Relaxed),
            late_results: self.stats.late.load(Ordering::Relaxed),
            in_flight: self.gauge.load().in_flight as u64,
            ..self.recorder.stats()
        }
    }

    /// Tells of a run that has exceeded its timeout and goes on.
    pub fn overran(&self, run: &TaskRun) {
        self.recorder.timed_out(&run.job);
        tell_overran(&run.job);
    }

    /// Whether a task still belongs to this pool. After the pool was declared dead, its tasks run elsewhere; such a
    /// task is counted as late and has to be dropped.
    pub fn has(&self, job: &Job) -> bool {
        let is_own = job.worker == self.worker();
        if !is_own {
            self.lost(&job.task);
        }
        is_own
    }

    /// Drops a claim that the store no longer accepts, and counts it as late.
    pub fn lost(&self, task: &Claimed) {
        self.stats.late.fetch_add(1, Ordering::Relaxed);
        self.in_flight.remove([(task.id, task.lease)]);
        self.recorder.dropped([(task.id, task.lease)].into_iter());
    }

    /// The result to save for a run with this outcome.
    pub fn finished(&self, job: &Job, outcome: Outcome) -> Finished {
        let Environment { signals, retention, .. } = &*self.environment;
        let (id, lease) = (job.task.id, job.task.lease);
        let outcome = if signals.is_cancelled((id, lease)) { outcome.of_cancelled() } else { outcome };
        let ending = ending(&job.task, outcome);
        observed(|| self.told.tell(job, &ending));
        self.recorder.ended(job, &ending);
        self.gauge.ran(job.took());
        let keep = job.keep();
        let verdict = ending.verdict(*retention, keep, job.has_begun());
        // A task that is given back is for any pool, and notifies all.
        if verdict.delay().is_some() && !verdict.keeps_its_place() {
            self.again.add((id, lease), job.task_type.clone());
        }
        let may_be_saved = signals.take_saved((id, lease));
        Finished { result: Finish { id, lease, verdict, keep }, worker: job.worker, may_be_saved }
    }
}
