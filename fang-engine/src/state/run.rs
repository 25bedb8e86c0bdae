//! One run of one task, behind the context that its task sees.

use super::run_signals::{RunKey, RunSignals};
use super::unwritten::UnwrittenClaim;
use crate::policy::decide::success;
use crate::runtime::BoxFuture;
use fang_core::context::{Context, RunPort, Values, Wish};
use fang_core::store::{Finish, OwnResult, Tables, WorkerId};
use fang_core::{QueueError, RetentionMode};
use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
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
    pub(crate) id: Uuid,
    pub(crate) attempt: u32,
    pub(crate) lease: i32,
    pub(crate) worker: WorkerId,
    pub(crate) task_type: Arc<str>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) keep: Option<Duration>,
    pub(crate) unwritten: Option<Arc<dyn UnwrittenClaim>>,
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
        self.id
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
        if let Some(claim) = &self.unwritten {
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
        let verdict = success(self.environment.retention, self.keep);
        let result = Finish { id: self.id, lease: self.lease, verdict, keep: self.keep };
        Ok(OwnResult { tables, worker: self.worker, result })
    }

    /// Tells that its success is saved if the transaction of the application commits.
    pub fn has_finished_itself(&self) {
        self.environment.signals.saved(self.key());
    }

    fn key(&self) -> RunKey {
        (self.id, self.lease)
    }
}

impl fmt::Debug for TaskRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskRun").field("id", &self.id).field("lease", &self.lease).finish_non_exhaustive()
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
        self.id
    }

    fn attempt(&self) -> u32 {
        self.attempt
    }

    fn lease(&self) -> i32 {
        self.lease
    }

    fn task_type(&self) -> &str {
        &self.task_type
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(lease: i32, environment: &Arc<Environment>) -> Arc<TaskRun> {
        Arc::new(TaskRun {
            id: Uuid::nil(),
            attempt: 1,
            lease,
            worker: WorkerId(1),
            task_type: "mail".into(),
            deadline: None,
            keep: None,
            unwritten: None,
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
