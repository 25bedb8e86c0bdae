//! A store as a user of `fang` could write it, with public items only.

use super::tables::{Row, Tables};
use fang::store::{
    Capped, Claim, ClaimedTasks, Count, Depth, Disown, Feature, Finish, Inserted, Listeners, NonBlocking,
    Notice, Offers, PageRequest, Prune, Removal, Report, ReportedBeat, Rescue, Rescued, Store, TaskPage,
    Topic, WorkerId,
};
use fang::{DateTime, NewTask, StoreError, Task, Utc, Uuid, async_trait};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// A store that keeps tasks in a map. It takes the time from a clock that it is given.
pub struct BTreeStore {
    tables: Mutex<Tables>,
    clock: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    listeners: Listeners,
}

impl BTreeStore {
    pub fn new(clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { tables: Mutex::default(), clock: Box::new(clock), listeners: Listeners::default() }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Tables, DateTime<Utc>) -> T) -> Result<T, StoreError> {
        let now = (self.clock)();
        Ok(act(&mut self.tables.lock().unwrap(), now))
    }

    /// Notifies pools that tasks were given back.
    fn came_back(&self, have: bool) {
        if have {
            self.listeners.notify(&Topic::CameBack, Notice::Single);
        }
    }
}

/// The store blocks only on a mutex, which is always released quickly.
impl NonBlocking for BTreeStore {}

#[async_trait]
impl Store for BTreeStore {
    fn offers(&self) -> Offers {
        Offers::none().with(Feature::Counts)
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok((self.clock)())
    }

    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
        self.offers().check(tasks)?;
        let inserted = self.with(|tables, now| {
            let before = tables.rows.clone();
            let inserted = tables.insert(tasks, now);
            Inserted::check(tasks, &inserted).inspect_err(|_| tables.rows = before)?;
            Ok::<_, StoreError>(inserted)
        })??;
        for row in tasks.iter().map(NewTask::row).filter(|row| row.due.may_be_now()) {
            self.listeners.notify(&Topic::task_type(row.task_type), row.due.notice());
        }
        Ok(inserted)
    }

    async fn claim(&self, claim: &Claim<'_>) -> Result<ClaimedTasks, StoreError> {
        self.with(|tables, now| tables.claim(claim, now).into())
    }

    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
        let saved = self.with(|tables, now| tables.finish(worker, results, now))?;
        self.came_back(results.iter().any(|result| result.verdict.keeps_its_place()));
        Ok(saved)
    }

    async fn disown(&self, disown: &Disown<'_>) -> Result<u64, StoreError> {
        let given_back = self.with(|tables, now| tables.disown(disown, now))?;
        self.came_back(given_back > 0);
        Ok(given_back)
    }

    async fn register(&self, _info: &str) -> Result<WorkerId, StoreError> {
        self.with(Tables::register)
    }

    async fn heartbeat(&self, id: WorkerId, lease: Duration, _: &Report) -> Result<ReportedBeat, StoreError> {
        self.with(|tables, now| ReportedBeat::without_report(tables.heartbeat(id, lease, now)))
    }

    async fn retire(&self, worker: WorkerId, _: &Report) -> Result<(), StoreError> {
        self.with(|tables, now| tables.retire(worker, now))
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError> {
        let rescued = self.with(|tables, now| tables.rescue(rescue, now))?;
        self.came_back(rescued.retried() > 0);
        Ok(rescued)
    }

    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError> {
        self.with(|tables, now| tables.prune(prune, now))
    }

    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError> {
        self.with(|tables, _| tables.rows.get(&id).map(|row| row.task.clone()))
    }

    async fn page(&self, request: &PageRequest<'_>) -> Result<TaskPage, StoreError> {
        self.with(|tables, now| {
            let find = |id: Uuid| tables.rows.get(&id).map(|row| row.task.clone());
            let of_type =
                |task: &&Task| request.filter.task_type.as_ref().is_none_or(|of| task.task_type == *of);
            let tasks = tables.rows.values().map(|row| &row.task).filter(of_type).cloned();
            request.pick(tasks, find, now)
        })
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        self.with(|tables, now| tables.remove(removal, now))
    }

    async fn count(&self) -> Result<Vec<Count>, StoreError> {
        self.with(|tables, _| {
            let mut counts = BTreeMap::new();
            for Row { task, .. } in tables.rows.values() {
                let key = (task.task_type.clone(), task.state.as_str());
                counts.entry(key).or_insert((task.state, 0)).1 += 1;
            }
            let count = |((task_type, _), (state, tasks))| Count { task_type, state, tasks };
            counts.into_iter().map(count).collect()
        })
    }

    async fn depths(&self, task_type: Option<&str>) -> Result<Vec<Depth>, StoreError> {
        self.with(|tables, now| {
            let mut numbers = BTreeMap::<String, (u64, u64, Option<Duration>)>::new();
            let tasks = tables.rows.values().map(|row| &row.task);
            for task in tasks.filter(|task| task.state.is_waiting()) {
                let (waiting, due, oldest) = numbers.entry(task.task_type.clone()).or_default();
                // Negative spans are of tasks for later.
                let due_for = (now - task.scheduled_at).to_std().ok();
                (*waiting, *due) = (*waiting + 1, *due + u64::from(due_for.is_some()));
                *oldest = due_for.max(*oldest);
            }
            numbers.retain(|of, _| task_type.is_none_or(|task_type| task_type == of));
            let depth = |(task_type, (waiting, due, oldest_due))| {
                let (waiting, due) = (Capped::of(waiting), Capped::of(due));
                Depth { task_type, waiting, due, oldest_due }
            };
            numbers.into_iter().map(depth).collect()
        })
    }

    fn listeners(&self) -> &Listeners {
        &self.listeners
    }
}
