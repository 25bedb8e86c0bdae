use crate::mode::Mode as TestMode;
use crate::options::{AnyMiddleware, add, run_options};
use crate::outcome::{Outcome, Ran};
use crate::queue::{Handles, TestQueue};
use fang_core::memory::MemoryStore;
use fang_core::store::{Filter, Removal, Store};
use fang_core::{Mode, NewTask, QueueError, Task};
use fang_engine::PoolConfig;
use fang_engine::parts::drain::{self, Rules};
use std::collections::HashSet;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Runs one task as a pool does, and returns how its run ended and which tasks it inserted.
///
#[cfg_attr(feature = "blocking", doc = "```")]
#[cfg_attr(not(feature = "blocking"), doc = "```text")]
/// # use fang_core::{FangError, NewTask, Queueable, Runnable, typetag};
/// use fang_testing::{Outcome, perform};
/// # #[derive(serde::Serialize, serde::Deserialize)] struct Resize;
/// # #[typetag::serde]
/// # impl Runnable for Resize {
/// #     fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
/// #         if queue.context().attempt() < 3 { return Err(FangError::new("not yet")); }
/// #         Ok(())
/// #     }
/// # }
/// # let resize = || NewTask::blocking(&Resize).unwrap();
/// let ran = perform(resize()).run();
/// assert!(matches!(&ran.outcome, Outcome::Failed { error, retry_after: Some(_) } if error == "not yet"));
/// let ran = perform(resize()).attempt(3).run();
/// assert_eq!(ran.outcome, Outcome::Finished);
/// assert!(ran.inserted.is_empty());
/// ```
///
/// The task is saved as JSON and read again, by the rules of any queue. It runs on a worker of a pool, within its
/// timeout and the middleware. A panic is caught. The task runs at once, whatever its delay, and `expires` counts from
/// then. Its row is in memory, and is gone afterwards.
///
/// A body that calls `finish_in` needs its row in Postgres: name the queue of a [`TestSchema`](crate::TestSchema) by
/// [`on`](Performing::on), as in `perform(task).on(&db.queue())`, and let the transaction of the body use the same
/// database. A run that finishes so is [`Finished`](Outcome::Finished), and the row is removed.
///
/// A task that was inserted can be performed as well: `perform(found[0].clone())`, with a row that
/// [`assert_inserted!`](crate::assert_inserted) returned. It has the payload and the options of the row. The row itself
/// stays as it is.
///
/// Await the value for an async task, and call `run()` on it for a blocking one.
///
/// # Panics
/// The run panics if the task cannot be saved, is for the other mode, or was given middleware or a queue of the other
/// mode.
#[track_caller]
pub fn perform(task: impl Into<NewTask>) -> Performing {
    let (config, rules) = (drain::config(), Rules { limit: Some(1), ..Rules::default() });
    Performing { task: task.into(), config, rules, queue: None, given: Vec::new(), place: Location::caller() }
}

/// A task that is about to run. [`perform`] makes it.
#[derive(Debug)]
#[must_use = "nothing runs before this is awaited, or `run` is called"]
pub struct Performing {
    task: NewTask,
    config: PoolConfig,
    rules: Rules,
    queue: Option<Handles>,
    /// What was given for it, by the modes.
    given: Vec<(&'static str, Mode)>,
    place: &'static Location<'static>,
}

/// A run of a task, and what it inserted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Performed {
    /// The run, and how it ended.
    pub ran: Ran,
    /// The tasks that were inserted while it ran, the oldest first. These are the tasks of the queue that the body gets:
    /// its own queue in memory, or the one of [`on`](Performing::on). If the body inserts by a queue of the
    /// application, such as one in a `State`, name that queue by `.on(&queue)`.
    pub inserted: Vec<Task>,
}

impl Deref for Performed {
    type Target = Ran;

    fn deref(&self) -> &Ran {
        &self.ran
    }
}

impl Performed {
    /// Returns the tasks that the run inserted.
    ///
    /// # Panics
    /// Panics if the run did not succeed, with its outcome.
    #[track_caller]
    pub fn expect_finished(self) -> Vec<Task> {
        let Ran { kind, outcome, .. } = &self.ran;
        assert!(outcome.is_finished(), "{kind} did not succeed: {outcome:?}");
        self.inserted
    }
}

impl Performing {
    run_options!();

    /// Runs this code around the run, as `middleware` of a pool does. The first one is the outermost. Defaults to none.
    pub fn middleware<M: TestMode>(mut self, middleware: impl AnyMiddleware<M>) -> Self {
        add(&mut self.config, middleware);
        self.given.push(("middleware", M::MODE));
        self
    }

    /// The number of the run, counted from 1: with 3, two runs have failed before. Defaults to 1.
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.rules.attempt = Some(attempt);
        self
    }

    /// Gives the body this queue, so that its inserts go there. Defaults to a queue in memory of its own.
    ///
    /// If the queue is in Postgres, the row of the task is put there too, and removed after the run. So a body can call
    /// `finish_in`, in a transaction of the same database. A pool for all task types that runs over the
    /// same tables may take the row away; so run none meanwhile.
    ///
    /// # Panics
    /// Panics if the queue is not connected.
    pub fn on<M: TestMode, Q: TestQueue<M>>(mut self, queue: &Q) -> Self {
        match queue.handles() {
            Ok(handles) => {
                self.queue = Some(handles);
                self.given.push(("queue", M::MODE));
            }
            Err(error) => panic!("at {}: the queue cannot be used: {error}", self.place),
        }
        self
    }

    /// For the workers of this mode. `memory` makes their queue.
    async fn ran(self, mode: Mode, memory: impl FnOnce(Arc<MemoryStore>) -> Handles + Send) -> Performed {
        let place = self.place;
        assert!(
            self.task.row().mode == mode || self.task.row().mode == Mode::Any,
            "at {place}: {}",
            match mode {
                Mode::Blocking => "this is an async task: await it in place of `.run()`",
                _ => "this is a blocking task: call `.run()` in place of `.await`",
            }
        );
        if let Some((what, _)) = self.given.iter().find(|(_, given)| *given != mode) {
            panic!("at {place}: the {what} is for the other mode than the task: its run would not see it");
        }
        match self.try_run(memory).await {
            Ok(performed) => performed,
            Err(error) => panic!("at {place}: the task cannot be run: {error}"),
        }
    }

    async fn try_run(
        self,
        memory: impl FnOnce(Arc<MemoryStore>) -> Handles + Send,
    ) -> Result<Performed, QueueError> {
        let memory_store = Arc::new(MemoryStore::new(chrono::Utc::now));
        let queue = self.queue.unwrap_or_else(|| memory(memory_store.clone()));
        let inserts = queue.store()?;
        // Only a row in the tables of the transaction can finish with it.
        let is_with_inserts = inserts.tables().is_some();
        let store = if is_with_inserts { inserts.clone() } else { memory_store };
        let task_type = self.task.row().task_type.to_owned();
        let row = row_of(self.task, is_with_inserts);
        let task = fang_engine::handle::Handle::new(store.clone()).insert(row).await?;
        let before: HashSet<Uuid> = all(&*inserts).await?.into_iter().map(|task| task.id).collect();
        let attempt = self.rules.attempt.unwrap_or(1);
        let (types, shown_type) = (vec![task.task_type.clone()], Some(task_type.clone()));
        let rules = Rules { task_types: types, shown_type, ..self.rules };
        let drained = queue.drain(store.clone(), self.config, rules).await;
        let removed = store.remove(&Removal::Id(task.id)).await;
        let (drained, _) = (drained?, removed?);
        let mut inserted = all(&*inserts).await?;
        inserted.retain(|task| !before.contains(&task.id));
        let ran = drained.runs.into_iter().next().map(Ran::from);
        let ran = ran.unwrap_or_else(|| Ran {
            id: task.id,
            kind: task.kind().unwrap_or_default().to_owned(),
            payload: task.metadata,
            task_type,
            attempt,
            timed_out: false,
            outcome: Outcome::Dropped,
        });
        Ok(Performed { ran, inserted })
    }
}

/// The task as it is put into a store. Beside other tasks its type is its own, so that it is the one that is claimed, and
/// it is not unique, so that it is there whatever else is.
fn row_of(task: NewTask, is_beside_others: bool) -> NewTask {
    let task = task.delay(Duration::ZERO);
    if is_beside_others {
        task.not_unique().task_type(format!("fang_testing {}", Uuid::now_v7()))
    } else {
        task
    }
}

async fn all(store: &dyn Store) -> Result<Vec<Task>, QueueError> {
    let filter = Filter { limit: u32::MAX, ..Filter::default() };
    let mut tasks = store.list(&filter).await?;
    tasks.reverse();
    Ok(tasks)
}

#[cfg(feature = "asynk")]
impl IntoFuture for Performing {
    type Output = Performed;
    type IntoFuture = crate::mode::Waiting<'static, Performed>;

    fn into_future(self) -> Self::IntoFuture {
        let memory = |store: Arc<MemoryStore>| Handles::Asynk(fang_asynk::Handle::new(store));
        crate::mode::Asynk::answer(Box::pin(self.ran(Mode::Asynk, memory)))
    }
}

#[cfg(feature = "blocking")]
impl Performing {
    /// Runs a blocking task.
    ///
    /// # Panics
    /// See [`perform`].
    pub fn run(self) -> Performed {
        let memory = |store: Arc<MemoryStore>| Handles::Blocking(fang_blocking::Handle::new(store));
        crate::mode::Blocking::answer(Box::pin(self.ran(Mode::Blocking, memory)))
    }
}
