//! What a running task may know and wish.

use crate::decide::success;
use crate::error::{FangError, QueueError};
use crate::retention::RetentionMode;
use crate::runs::{RunKey, Runs};
use crate::store::Tables;
use crate::store::{Finish, WorkerId};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The application's own values, one of each type, shared with every run of a pool.
#[derive(Clone, Default)]
pub struct State(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl State {
    /// Adds a value; a second one of the same type replaces the first.
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// The value of type `T`, if there is one.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({} values)", self.0.len())
    }
}

/// What a task asks to happen to itself once its run returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Run again after a delay, without being charged a retry.
    Snooze(Duration),
    /// Fail for good, with this reason.
    Cancel(String),
}

/// What tells one run from all others. For the authors of runtimes.
#[derive(Clone, Debug)]
pub struct Run {
    /// The task.
    pub id: Uuid,
    /// Which run of it this is, counted from 1.
    pub attempt: u32,
    /// The number of its claim.
    pub lease: i32,
    /// Whose claim it is.
    pub worker: WorkerId,
    /// The lane that the task waited in.
    pub task_type: Arc<str>,
    /// By when it has to end, if it has a timeout.
    pub deadline: Option<Instant>,
}

impl Default for Run {
    fn default() -> Self {
        let (id, task_type) = (Uuid::nil(), "".into());
        Self { id, attempt: 0, lease: 0, worker: WorkerId(0), task_type, deadline: None }
    }
}

/// One run of one task, as seen from inside. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Context {
    run: Run,
    around: Arc<Surroundings>,
    ending: Arc<AtomicBool>,
    wish: Arc<Mutex<Option<Wish>>>,
}

impl Context {
    /// The context of one run.
    pub fn new(run: Run, surroundings: &Arc<Surroundings>) -> Self {
        Self { run, around: surroundings.clone(), ending: Arc::default(), wish: Arc::default() }
    }

    /// The id of the task; nil outside of a run.
    pub fn id(&self) -> Uuid {
        self.run.id
    }

    /// Which run this is, counted from 1; 0 outside of a run.
    pub fn attempt(&self) -> u32 {
        self.run.attempt
    }

    /// How often the task was ever claimed: together with the id it names this run.
    pub fn lease(&self) -> i32 {
        self.run.lease
    }

    /// The lane that the task waited in.
    pub fn task_type(&self) -> &str {
        &self.run.task_type
    }

    /// By when this run has to end, if its task has a timeout.
    pub fn deadline(&self) -> Option<Instant> {
        self.run.deadline
    }

    /// The application's value of type `T`, if the pool was given one.
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.around.state.get()
    }

    /// The application's value of type `T`, for a task that cannot do without.
    ///
    /// # Errors
    /// An error that names the type, when the pool was not given one: add `.state(value)` to it.
    pub fn require_state<T: Send + Sync + 'static>(&self) -> Result<&T, FangError> {
        self.state().ok_or_else(|| {
            let name = std::any::type_name::<T>();
            FangError::new(format!(
                "the pool has no state of type {name}; add `.state(value)` to its builder"
            ))
        })
    }

    /// Whether the run should come to an end: its task was cancelled, its pool is shutting down, or its time is
    /// over. A long task looks now and then, and [`snooze`](Self::snooze)s to go on later; the wish of a
    /// task that was cancelled is not granted.
    pub fn is_cancelled(&self) -> bool {
        self.ending.load(Ordering::Acquire) || self.around.runs.are_stopping() || self.was_cancelled()
    }

    /// Waits until the run should come to an end, for an async task:
    ///
    /// ```
    /// # use fang_core::{AsyncQueueable, FangError};
    /// # async fn work() {}
    /// # async fn run(queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
    /// use futures_util::future::{Either, select};
    /// let cancelled = std::pin::pin!(queue.context().cancelled());
    /// match select(cancelled, std::pin::pin!(work())).await {
    ///     Either::Left(_) => Err(FangError::new("half done")),
    ///     Either::Right(_) => Ok(()),
    /// }
    /// # }
    /// ```
    pub async fn cancelled(&self) {
        self.around.runs.told(self.key(), || self.is_cancelled()).await;
    }

    /// Whether the task was cancelled from outside. For the authors of runtimes, as is all below that says so.
    pub fn was_cancelled(&self) -> bool {
        self.around.runs.is_cancelled(self.key())
    }

    /// Waits until the task is cancelled from outside. For the authors of runtimes.
    pub async fn cancelled_from_outside(&self) {
        self.around.runs.told(self.key(), || self.was_cancelled()).await;
    }

    /// Tells the run to come to an end. For the authors of runtimes.
    pub fn tell_to_end(&self) {
        self.ending.store(true, Ordering::Release);
        self.around.runs.wake(|run| *run == self.key());
    }

    /// What is needed to save the success of this run within a transaction of the application. For the authors
    /// of drivers, who tell [`has_finished_itself`](Self::has_finished_itself) once they have.
    ///
    /// # Errors
    /// [`QueueError::NoTables`] outside of a run, or when the store has no tables.
    pub fn own_result(&self) -> Result<OwnResult, QueueError> {
        let tables = self.around.tables.clone().ok_or(QueueError::NoTables)?;
        let verdict = success(self.around.retention);
        let result = Finish { id: self.run.id, lease: self.run.lease, verdict };
        Ok(OwnResult { tables, worker: self.run.worker, result })
    }

    /// Waits until the row of the task tells of this run: a task that is held runs before. For the authors of drivers.
    pub async fn is_written(&self) {
        self.around.runs.written(self.key()).await;
    }

    /// As [`is_written`](Self::is_written), for a run on a thread.
    pub fn wait_until_written(&self) {
        self.around.runs.wait_until_written(self.key());
    }

    /// The success of this run was saved, if the transaction of the application commits. For the authors of drivers.
    pub fn has_finished_itself(&self) {
        self.around.runs.saved(self.key());
    }

    fn key(&self) -> RunKey {
        (self.run.id, self.run.lease)
    }

    /// Once this run has returned, runs the task again after `delay`; no retry is charged.
    pub fn snooze(&self, delay: Duration) {
        self.wish_for(Wish::Snooze(delay));
    }

    /// Once this run has returned, fails the task for good.
    pub fn cancel(&self, reason: impl Into<String>) {
        self.wish_for(Wish::Cancel(reason.into()));
    }

    /// Takes what the task wished for, if anything. For the authors of runtimes.
    pub fn take_wish(&self) -> Option<Wish> {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn wish_for(&self, wish: Wish) {
        *self.wish.lock().unwrap_or_else(PoisonError::into_inner) = Some(wish);
    }
}

/// The success of a run, to be saved by the run itself. For the authors of drivers.
#[derive(Clone, Debug)]
pub struct OwnResult {
    /// The tables that the task is in.
    pub tables: Tables,
    /// Whose claim it is.
    pub worker: WorkerId,
    /// What to save.
    pub result: Finish,
}

/// What all runs of a pool share. For the authors of runtimes.
#[derive(Default)]
pub struct Surroundings {
    /// The application's values.
    pub state: State,
    /// What single runs are told.
    pub runs: Runs,
    /// What stays in the store.
    pub retention: RetentionMode,
    /// The store's tables, if it has any.
    pub tables: Option<Tables>,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("state", &self.state).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_found_by_its_type() {
        let mut state = State::default();
        state.insert(7_u8);
        state.insert("text".to_owned());
        let surroundings = Surroundings { state, ..Surroundings::default() };
        let context = Context::new(Run::default(), &Arc::new(surroundings));
        assert_eq!(context.state::<u8>(), Some(&7));
        assert_eq!(context.state::<String>().map(String::as_str), Some("text"));
        assert_eq!(context.state::<u16>(), None);
        assert!(context.require_state::<u16>().unwrap_err().description.contains("u16"));
    }

    #[test]
    fn the_last_wish_counts_and_is_taken_once() {
        let context = Context::default();
        context.snooze(Duration::from_secs(1));
        context.cancel("no such feed");
        assert_eq!(context.take_wish(), Some(Wish::Cancel("no such feed".into())));
        assert_eq!(context.take_wish(), None);
    }
    #[test]
    fn a_run_should_end_when_its_task_was_cancelled_or_its_pool_stops() {
        let around = Arc::new(Surroundings::default());
        let run = |lease| Context::new(Run { lease, ..Run::default() }, &around);
        around.runs.cancel(vec![(Uuid::nil(), 2)]);
        assert_eq!([run(1), run(2)].map(|context| context.is_cancelled()), [false, true]);
        around.runs.stop();
        assert!(run(1).is_cancelled() && !run(1).was_cancelled());
    }

    #[test]
    fn outside_of_a_run_there_is_no_result_to_save() {
        assert!(matches!(Context::default().own_result(), Err(QueueError::NoTables)));
    }
}
