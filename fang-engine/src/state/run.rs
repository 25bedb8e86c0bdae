//! One run of one task, behind the context that its task sees.

use super::job::Job;
use super::run_signals::{RunKey, RunSignals};
use crate::policy::decide::success;
use crate::runtime::BoxFuture;
use fang_core::context::{Context, RunPort, Values, Wish};
use fang_core::store::{Finish, OwnResult, Tables};
use fang_core::{QueueError, RetentionMode};
use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use uuid::Uuid;

/// The things that all runs of a pool share.
#[derive(Default)]
pub struct Environment {
    /// The application's values. Set when the pool starts; tasks read them.
    pub values: Values,
    /// The signals of single runs. The heart, the shutdown and the claimer write; runs read.
    pub signals: RunSignals,
    /// The tasks that stay in the store after they end. Set when the pool starts.
    pub retention: RetentionMode,
    /// The tables of the store, if a transaction of the application can reach them. Set when the pool starts.
    pub tables: Option<Tables>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("values", &self.values).finish_non_exhaustive()
    }
}

/// One run of one task, as the engine knows it.
pub struct TaskRun {
    pub(crate) job: Arc<Job>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) environment: Arc<Environment>,
    pub(crate) is_told_to_end: AtomicBool,
    pub(crate) wish: Mutex<Option<Wish>>,
}

impl TaskRun {
    /// The context that its task sees.
    pub fn context(self: &Arc<Self>) -> Context {
        Context::new(self.clone())
    }

    /// The instant by which it has to end.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The id of its task.
    pub fn id(&self) -> Uuid {
        self.job.task.id
    }

    /// Whether its task was cancelled from outside.
    pub fn was_cancelled(&self) -> bool {
        self.environment.signals.is_cancelled(self.key())
    }

    /// Waits until its task is cancelled from outside.
    pub async fn cancelled_from_outside(&self) {
        self.environment.signals.told(self.key(), || self.was_cancelled()).await;
    }

    /// Tells the run to end.
    pub fn tell_to_end(&self) {
        self.is_told_to_end.store(true, Ordering::Release);
        self.environment.signals.wake(|run| *run == self.key());
    }

    /// Takes the wish of the task, if it has one.
    pub fn take_wish(&self) -> Option<Wish> {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits until its task has a written claim. A run may begin before that.
    pub async fn is_written(&self) {
        if let Some(claim) = &self.job.unwritten {
            claim.written().await;
        }
    }

    /// Its success, for the driver to save in a transaction of the application. Call
    /// [`has_finished_itself`](Self::has_finished_itself) afterwards.
    ///
    /// # Errors
    /// [`QueueError::NoTables`] when the store has no tables.
    pub fn own_result(&self) -> Result<OwnResult, QueueError> {
        let tables = self.environment.tables.clone().ok_or(QueueError::NoTables)?;
        let keep = self.job.keep();
        let verdict = success(self.environment.retention, keep);
        let (id, lease) = self.key();
        let result = Finish { id, lease, verdict, keep };
        Ok(OwnResult { tables, worker: self.job.worker, result })
    }

    /// Tells that its success is saved if the transaction of the application commits.
    pub fn has_finished_itself(&self) {
        self.environment.signals.saved(self.key());
    }

    fn key(&self) -> RunKey {
        (self.job.task.id, self.job.task.lease)
    }
}

impl fmt::Debug for TaskRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskRun")
            .field("id", &self.job.task.id)
            .field("lease", &self.job.task.lease)
            .finish_non_exhaustive()
    }
}

/// The run behind a context.
///
/// # Errors
/// [`QueueError::NoTables`] outside of a run.
pub fn run_of(context: &Context) -> Result<&TaskRun, QueueError> {
    let port: &dyn Any = context.port();
    port.downcast_ref().ok_or(QueueError::NoTables)
}

impl RunPort for TaskRun {
    fn id(&self) -> Uuid {
        self.job.task.id
    }

    fn attempt(&self) -> u32 {
        self.job.attempt()
    }

    fn lease(&self) -> i32 {
        self.job.task.lease
    }

    fn task_type(&self) -> &str {
        &self.job.task_type
    }

    fn payload(&self) -> &str {
        &self.job.task.metadata
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.job.task.headers.get(name).map(String::as_str)
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn values(&self) -> &Values {
        &self.environment.values
    }

    fn is_ending(&self) -> bool {
        self.is_told_to_end.load(Ordering::Acquire)
            || self.environment.signals.are_stopping()
            || self.was_cancelled()
    }

    fn ending(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.environment.signals.told(self.key(), || self.is_ending()))
    }

    fn wish_for(&self, wish: Wish) {
        *self.wish.lock().unwrap_or_else(PoisonError::into_inner) = Some(wish);
    }

    fn wish(&self) -> Option<Wish> {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::example;
    use fang_core::store::{Claimed, WorkerId};

    fn run(lease: i32, environment: &Arc<Environment>) -> Arc<TaskRun> {
        Arc::new(TaskRun {
            job: Arc::new(Job::new(Claimed { lease, ..example() }, "mail".into(), WorkerId(1), None)),
            deadline: None,
            environment: environment.clone(),
            is_told_to_end: AtomicBool::new(false),
            wish: Mutex::default(),
        })
    }

    #[test]
    fn state_is_found_by_its_type() {
        let mut values = Values::default();
        values.insert(7_u8);
        values.insert("text".to_owned());
        let context = run(1, &Arc::new(Environment { values, ..Environment::default() })).context();
        assert_eq!(context.state::<u8>(), Some(&7));
        assert_eq!(context.state::<String>().map(String::as_str), Some("text"));
        assert_eq!(context.state::<u16>(), None);
        assert!(context.require_state::<u16>().unwrap_err().description.contains("u16"));
    }

    #[test]
    fn the_last_wish_counts_and_is_taken_once() {
        let run = run(1, &Arc::default());
        run.context().snooze(std::time::Duration::from_secs(1));
        run.context().cancel("no such feed");
        assert_eq!(run.take_wish(), Some(Wish::Cancel("no such feed".into())));
        assert_eq!(run.take_wish(), None);
    }

    #[test]
    fn a_run_should_end_when_its_task_was_cancelled_or_its_pool_stops() {
        let around = Arc::<Environment>::default();
        around.signals.cancel(vec![(Uuid::nil(), 2)]);
        assert_eq!([run(1, &around), run(2, &around)].map(|run| run.context().is_cancelled()), [false, true]);
        around.signals.stop();
        assert!(run(1, &around).context().is_cancelled() && !run(1, &around).was_cancelled());
    }

    #[test]
    fn a_run_of_a_store_without_tables_cannot_save_its_own_result() {
        assert!(matches!(run_of(&Context::default()).map(|_| ()), Err(QueueError::NoTables)));
        let context = run(1, &Arc::default()).context();
        let run = run_of(&context).unwrap();
        assert!(matches!(run.own_result().map(|_| ()), Err(QueueError::NoTables)));
    }
}
