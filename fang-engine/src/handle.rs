//! The verbs of a queue over any store. The queues of both modes call them.

mod admin;
mod fleet;

pub use admin::Admin;

use crate::events::{Event, TaskInfo};
use crate::insert_hooks::{InsertHooks, InsertTotal};
use crate::insert_rules::{InsertRules, batches};
use crate::parallel::try_map;
use crate::policy::decide::describe_panic;
use crate::shared_inserts::SharedInserts;
use fang_core::kind::shown_name;
use fang_core::new_task::Plan;
use fang_core::schedule::Cron;
use fang_core::store::{
    Change, ChangeOutcome, CronInfo, CronRemoval, Inserted, MAX_INSERT_TRIES, NewCron, Removal, Store,
};
use fang_core::{Context, FangError, Mode, NewTask, QueueError, StoreError, Task};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A queue over a store. Cheap to clone: every run gets a clone.
#[derive(Clone)]
pub struct Handle {
    queue: Arc<Queue>,
    context: Context,
}

/// What all clones of a queue share, behind one count of references.
#[derive(Clone)]
struct Queue {
    store: Arc<dyn Store>,
    rules: InsertRules,
    hooks: InsertHooks,
    inserts: Arc<SharedInserts>,
}

impl Handle {
    /// A queue that saves to `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::sharing(store, Arc::default())
    }

    /// A queue that saves to `store`, and whose inserts share statements with these.
    pub fn sharing(store: Arc<dyn Store>, inserts: Arc<SharedInserts>) -> Self {
        let (rules, hooks) = (InsertRules::default(), InsertHooks::default());
        Self { queue: Arc::new(Queue { store, rules, hooks, inserts }), context: Context::default() }
    }

    /// The same queue with these rules for what may be inserted.
    #[must_use]
    pub fn rules(mut self, rules: InsertRules) -> Self {
        Arc::make_mut(&mut self.queue).rules = rules;
        self
    }

    /// The same queue with code that may change or refuse a task before it is inserted.
    #[must_use]
    pub fn before_insert(
        mut self,
        change: impl Fn(NewTask) -> Result<NewTask, FangError> + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.queue).hooks.before_insert(change);
        self
    }

    /// The same queue with a listener.
    #[must_use]
    pub fn on_event(mut self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.queue).hooks.on_event(listener);
        self
    }

    /// The same queue with this code at every insert.
    #[must_use]
    pub fn hooks(mut self, hooks: InsertHooks) -> Self {
        Arc::make_mut(&mut self.queue).hooks = hooks;
        self
    }

    /// The same queue, bound to one run.
    #[must_use]
    pub fn bound_to(&self, context: Context) -> Self {
        Self { queue: self.queue.clone(), context }
    }

    /// The context of the run that it is bound to.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.queue.store
    }

    /// How many new tasks this queue and its clones have inserted.
    pub fn inserts(&self) -> InsertTotal {
        self.queue.hooks.total()
    }

    /// The calls that tools make.
    pub fn admin(&self) -> Admin {
        Admin::new(self)
    }

    /// Makes tasks ready to be saved: lets the application change them, checks them and gives them ids and unique
    /// hashes.
    ///
    /// # Errors
    /// [`QueueError::Payload`] when a task cannot be saved, [`QueueError::Refused`] when the application refuses it.
    pub fn prepare(&self, tasks: Vec<NewTask>) -> Result<Vec<NewTask>, QueueError> {
        // Code of the application runs here, where it finds the context of the call.
        let changed = tasks.into_iter().map(|task| Ok((self.queue.hooks.apply(task)?, Uuid::now_v7())));
        let changed = changed.collect::<Result<_, QueueError>>()?;
        Ok(try_map(changed, |(task, new_id)| self.queue.rules.prepare(task, new_id))?)
    }

    fn prepare_one(&self, task: NewTask) -> Result<NewTask, QueueError> {
        Ok(self.queue.rules.prepare(self.queue.hooks.apply(task)?, Uuid::now_v7())?)
    }

    /// Saves one task. Returns its row, or that of its duplicate.
    ///
    /// # Errors
    /// See `insert_task` of the queues.
    pub async fn insert(&self, task: NewTask) -> Result<Task, QueueError> {
        self.insert_prepared(self.prepare_one(task)?).await
    }

    async fn insert_prepared(&self, task: NewTask) -> Result<Task, QueueError> {
        for _ in 0..MAX_INSERT_TRIES {
            let inserted = self.insert_batch(std::slice::from_ref(&task)).await?;
            match inserted.first() {
                Some(inserted) if inserted.is_new => return Ok(Task::saved(task, *inserted)),
                Some(inserted) => {
                    if let Some(duplicate) = self.queue.store.find(inserted.id).await? {
                        return Ok(duplicate);
                    }
                    if task.is_answered_by(*inserted) {
                        return Ok(Task::ended(task, *inserted));
                    }
                    // The duplicate has just ended, so there is room for this task now.
                }
                None => {}
            }
        }
        Err(StoreError::no_answer().into())
    }

    /// Saves many tasks, in as few statements as possible.
    ///
    /// # Errors
    /// See `insert_tasks` of the queues.
    pub async fn insert_tasks(&self, tasks: Vec<NewTask>) -> Result<Vec<Inserted>, QueueError> {
        let tasks = self.prepare(tasks)?;
        let mut all = Vec::with_capacity(tasks.len());
        for batch in batches(&tasks) {
            all.extend(self.insert_batch(batch).await?);
        }
        Ok(all)
    }

    async fn insert_batch(&self, batch: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
        let inserted = self.queue.inserts.insert(&self.queue.store, batch).await?;
        self.queue.hooks.inserted(batch, &inserted);
        Ok(inserted)
    }

    /// Saves a task once or as a cron, as its schedule says.
    ///
    /// # Errors
    /// See `schedule_task` of the queues.
    pub async fn schedule(&self, task: NewTask) -> Result<Task, QueueError> {
        // The name of a cron is that of the task as the program knows it.
        let name = task.cron_name();
        match Plan::new(self.queue.hooks.apply(task)?)? {
            Plan::Once(task) => self.insert_prepared(self.queue.rules.prepare(task, Uuid::now_v7())?).await,
            Plan::Cron { task, cron } => self.schedule_cron(name, task, cron).await,
        }
    }

    /// Schedules these tasks and removes all other crons of this mode. Returns how many crons it removed.
    ///
    /// # Errors
    /// See `schedule_task` of the queues. After an error no cron has been removed.
    pub async fn schedule_only(&self, mode: Mode, tasks: Vec<NewTask>) -> Result<u64, QueueError> {
        let names = tasks.iter().map(NewTask::cron_name).collect();
        for task in tasks {
            self.schedule(task).await?;
        }
        Ok(self.queue.store.remove_crons(&CronRemoval::AllBut { mode, names }).await?)
    }

    /// Inserts a task of a cron, due now, without changing the cron. Returns its id, or `None` when there is no such
    /// cron.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    pub async fn run_cron(&self, name: &str) -> Result<Option<Uuid>, QueueError> {
        let id = self.admin().run_cron(name).await?;
        if let Some(id) = id {
            self.tell_fired(name, id);
        }
        Ok(id)
    }

    /// Cancels a task. See `cancel_task` of the queues.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub async fn cancel(&self, id: Uuid) -> Result<bool, QueueError> {
        let outcome = self.queue.store.change(id, Change::Cancel).await?;
        // The pool tells of a task that runs.
        if outcome == ChangeOutcome::Done && self.queue.hooks.has_listeners() {
            self.tell_cancelled(id).await;
        }
        Ok(outcome.is_hit())
    }

    async fn tell_cancelled(&self, id: Uuid) {
        if let Ok(Some(task)) = self.queue.store.find(id).await {
            let (duration, reason) =
                (Duration::ZERO, task.error_message.as_deref().unwrap_or_default().into());
            self.queue.hooks.tell(|| Event::Cancelled {
                task: Arc::new(TaskInfo::waiting(&task)),
                duration,
                reason,
            });
        }
    }

    fn tell_fired(&self, cron: &str, task: Uuid) {
        self.queue.hooks.tell(|| Event::CronFired { cron: cron.into(), task });
    }

    /// Removes the tasks that would keep this one out as its duplicates. Returns how many. A task that may not be inserted
    /// may be removed: if `before_insert` refuses it, it is taken unchanged.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails.
    pub async fn remove_like(&self, task: NewTask) -> Result<u64, QueueError> {
        let mut removed = 0;
        let changed = self.queue.hooks.apply(task.clone());
        for hash in changed.unwrap_or(task).hashes() {
            removed += self.queue.store.remove(&Removal::Unique(hash)).await?;
        }
        Ok(removed)
    }

    /// Renames the crons that the code of this one made under an earlier name or version of its kind, so that they do not
    /// tick beside it. They stay in a store that does not list or rename crons.
    async fn take_over(&self, cron: &NewCron) -> Result<(), StoreError> {
        match self.rename_earlier(cron).await {
            Err(StoreError::NotOffered { .. }) => Ok(()),
            outcome => outcome,
        }
    }

    async fn rename_earlier(&self, cron: &NewCron) -> Result<(), StoreError> {
        if !cron.task.may_take_over() {
            return Ok(());
        }
        for old in self.queue.store.list_crons().await? {
            if old.name != cron.name && takes_over(cron, &old) {
                self.queue.store.rename_cron(&old.name, cron).await?;
            }
        }
        Ok(())
    }

    async fn schedule_cron(&self, name: String, task: NewTask, cron: Cron) -> Result<Task, QueueError> {
        let now = self.queue.store.now().await?;
        let cron = self.queue.rules.prepare_cron(name, task, cron, (now, now), Uuid::now_v7())?;
        self.take_over(&cron).await?;
        let saved = self.queue.store.sync_cron(&cron).await?;
        if saved.task_id == cron.task.id() {
            self.tell_fired(&cron.name, saved.task_id);
        }
        let pending = self.queue.store.find(saved.task_id).await?;
        Ok(pending.unwrap_or_else(|| Task::ticked(cron, saved)))
    }
}

/// Whether a cron is an earlier one of the same code. To compare them, the payload of the earlier one is decoded, by code of
/// the application, which may panic.
fn takes_over(cron: &NewCron, old: &CronInfo) -> bool {
    catch_unwind(AssertUnwindSafe(|| cron.task.takes_over(old))).unwrap_or_else(|panic| {
        let (kind, why) = (shown_name(old.kind()).escape_debug(), describe_panic(&*panic));
        log::warn!(
            "the cron {:?} ({kind}) ticks beside {:?}, since its payload cannot be decoded: {why}; mend the code and \
             schedule again, or remove the cron",
            old.name,
            cron.name
        );
        false
    })
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("rules", &self.queue.rules).finish_non_exhaustive()
    }
}
