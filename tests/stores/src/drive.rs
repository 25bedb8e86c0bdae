//! Sends the same verbs to the store and to the model, and compares the answers and rows.

use crate::rig::Rig;
use crate::table::{Fates, LEASE, MAX_CRASHES, Table, Worker};
use crate::verb::{ADVANCE, DELAY, Fresh, Outcome, Remove, TASKS, Verb};
use fang_core::scan::{ScanRanges, Start};
use fang_core::store::{Change, Claim, Disown, Filter, Finish, Removal, Report, Rescue, Store, WorkerId};
use fang_core::task::{DEFAULT_TASK_TYPE, Task};
use fang_core::{Mode, NewTask, Unique};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long a history may take on a store with a real clock.
const SLACK: Duration = Duration::from_secs(9);

const RESCUE: Rescue = Rescue { by: None, lease: Duration::from_secs(LEASE), max_crashes: MAX_CRASHES };

struct Player<'a> {
    rig: &'a dyn Rig,
    engine: Arc<dyn Store>,
    admin: Arc<dyn Store>,
    table: Table,
    workers: Vec<WorkerId>,
    /// Task, lease, worker.
    claims: Vec<(usize, i32, usize)>,
}

type Step = Result<(), String>;

/// Plays a history on an emptied store.
pub async fn play(rig: &dyn Rig, verbs: &[Verb]) -> Step {
    rig.clear().await;
    let mut player = Player {
        rig,
        engine: rig.engine(),
        admin: rig.admin(),
        table: Table::default(),
        workers: Vec::new(),
        claims: Vec::new(),
    };
    for (n, verb) in verbs.iter().enumerate() {
        let told = |what: String| format!("after step {n}, {verb:?}: {what}");
        player.step(verb).await.map_err(told)?;
        player.compare().await.map_err(told)?;
    }
    Ok(())
}

fn id(task: usize) -> Uuid {
    Uuid::from_u128(task as u128 + 1)
}

fn number(id: Uuid) -> usize {
    usize::try_from(id.as_u128()).unwrap() - 1
}

/// The key of a task. Every other task is unique, and there are fewer keys than unique tasks.
fn uniq(task: usize) -> Option<usize> {
    (task % 2 == 1).then_some(task / 2 % 2)
}

fn hash(uniq: usize) -> String {
    let task = NewTask::new(r#"{"type":"Model"}"#.to_owned(), DEFAULT_TASK_TYPE.to_owned(), Mode::Asynk);
    task.unique_by(key(uniq)).hashed().unwrap().uniq_hash().unwrap().to_owned()
}

fn key(uniq: usize) -> Unique {
    Unique::key(uniq.to_string())
}

fn new_task(fresh: &Fresh) -> NewTask {
    let metadata = format!(r#"{{"type":"Model","n":{}}}"#, fresh.task);
    let task = NewTask::new(metadata, DEFAULT_TASK_TYPE.to_owned(), Mode::Asynk).priority(fresh.priority);
    let delay = Duration::from_secs(delay(fresh));
    let task = task.with_id(id(fresh.task)).delay(delay);
    match uniq(fresh.task) {
        Some(uniq) => task.unique_by(key(uniq)).hashed().unwrap(),
        None => task,
    }
}

fn delay(fresh: &Fresh) -> u64 {
    if fresh.is_delayed { DELAY } else { 0 }
}

// The callers have no further use for the values.
#[allow(clippy::needless_pass_by_value)]
fn same<T: PartialEq + std::fmt::Debug>(what: &str, store: T, model: T) -> Step {
    if store == model { Ok(()) } else { Err(format!("{what}: the store has {store:?}, the model {model:?}")) }
}

fn answer<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| format!("the store failed: {error}"))
}

impl Player<'_> {
    /// A registered worker, or one that never registered.
    fn worker(&self, n: usize) -> (usize, WorkerId) {
        let n = n % (self.workers.len() + 1);
        (n, self.workers.get(n).copied().unwrap_or(WorkerId(i64::MAX)))
    }

    async fn step(&mut self, verb: &Verb) -> Step {
        match verb {
            Verb::Register => self.register().await,
            Verb::Insert(fresh) => self.insert(fresh).await,
            Verb::Claim { worker, limit } => self.claim(*worker, *limit).await,
            Verb::Finish { by, results } => self.finish(*by, results).await,
            Verb::Suspect { by, claim } => self.suspect(*by, *claim).await,
            Verb::Beat(worker) => self.beat(*worker).await,
            Verb::Retire(worker) => {
                let (n, worker) = self.worker(*worker);
                self.table.retire(n);
                answer(self.engine.retire(worker, &Report::default()).await)
            }
            Verb::Rescue => {
                let rescued = answer(self.engine.rescue(&RESCUE).await)?;
                let (retried, failed) = (rescued.retried(), rescued.failed());
                same("rescued", Fates { buried: rescued.buried, retried, failed }, self.table.rescue())
            }
            Verb::Disown { worker, known } => {
                let (n, worker) = self.worker(*worker);
                // Of odd tasks the worker knows an earlier claim.
                let lease =
                    |task: &usize| self.table.rows.get(task).map_or(0, |row| row.lease - *task as i32 % 2);
                let known: Vec<(usize, i32)> = known.iter().map(|task| (*task, lease(task))).collect();
                let claims: Vec<(Uuid, i32)> =
                    known.iter().map(|(task, lease)| (id(*task), *lease)).collect();
                let disowned = answer(self.engine.disown(&Disown::all_of(worker).but(&claims)).await)?;
                same("disowned", disowned, self.table.disown(n, &known))
            }
            Verb::Retry(task) => {
                let retried = answer(self.admin.change(id(*task), Change::Retry).await)?;
                same("retried", retried.is_hit(), self.table.retry(*task))
            }
            Verb::Cancel(task) => same(
                "cancelled",
                answer(self.admin.change(id(*task), Change::Cancel).await)?.is_hit(),
                self.table.cancel(*task),
            ),
            Verb::Cancellations(worker) => {
                let (n, worker) = self.worker(*worker);
                let told = answer(self.engine.cancellations(worker).await)?;
                let mut told: Vec<_> = told.into_iter().map(|(id, lease)| (number(id), lease)).collect();
                told.sort_unstable();
                same("cancelled", told, self.table.cancellations(n))
            }
            Verb::Remove(remove) => self.remove(remove).await,
            Verb::Advance => {
                self.table.now += ADVANCE;
                self.rig.advance(ADVANCE).await;
                Ok(())
            }
        }
    }

    async fn register(&mut self) -> Step {
        let worker = answer(self.engine.register("{}").await)?;
        same("ids are new", self.workers.contains(&worker), false)?;
        self.workers.push(worker);
        self.table.workers.push(Worker { beat_at: self.table.now, is_dead: false });
        Ok(())
    }

    async fn insert(&mut self, fresh: &[Fresh]) -> Step {
        let tasks: Vec<NewTask> = fresh.iter().map(new_task).collect();
        let inserted = answer(self.admin.insert(&tasks).await)?;
        let inserted: Vec<_> = inserted.iter().map(|one| (number(one.id), one.is_new)).collect();
        let insert = |one: &Fresh| self.table.insert(one.task, uniq(one.task), one.priority, delay(one));
        same("inserted", inserted, fresh.iter().map(insert).collect())
    }

    /// Among equally urgent tasks the store may claim any. The model follows the store.
    async fn claim(&mut self, worker: usize, limit: usize) -> Step {
        let (n, worker) = self.worker(worker);
        let ranges = ScanRanges::new(Mode::Asynk).in_order(false, Start::Beginning);
        let claim = Claim::new(worker, DEFAULT_TASK_TYPE, limit, &ranges);
        let claimed = answer(self.engine.claim(&claim).await)?.tasks;
        let mut left = self.table.claimable(n);
        same("claimed", claimed.len(), left.len().min(limit))?;
        let mut last = None;
        for task in claimed {
            let number = number(task.id);
            let place = left.remove(&number).ok_or(format!("task {number} was not due"))?;
            last = last.max(Some(place));
            let row = &self.table.rows[&number];
            same("charged", (task.retries, task.crashes), (row.retries, row.crashes))?;
            same("lease", task.lease, self.table.claim(n, number))?;
            self.claims.push((number, task.lease, n));
        }
        let passed_over = left.values().find(|place| Some(**place) < last);
        same("passed over", passed_over, None)
    }

    async fn finish(&mut self, by: Option<usize>, outcomes: &[Outcome]) -> Step {
        if self.claims.is_empty() {
            return Ok(());
        }
        let newest = |back: usize| self.claims[self.claims.len() - 1 - back % self.claims.len()];
        let n = by.map_or(newest(outcomes[0].claim).2, |worker| self.worker(worker).0);
        let worker = self.worker(n).1;
        let mut named = BTreeSet::new();
        let mut results = Vec::new();
        for outcome in outcomes {
            let (task, lease, _) = newest(outcome.claim);
            if named.insert(task) {
                let lease = lease + outcome.off_by;
                results.push(Finish { id: id(task), lease, verdict: outcome.verdict.clone(), keep: None });
            }
        }
        let saved = answer(self.engine.finish(worker, &results).await)?;
        let accept =
            |result: &&Finish| self.table.finish(n, number(result.id), result.lease, &result.verdict);
        same("accepted", saved, results.iter().filter(accept).count() as u64)
    }

    async fn suspect(&mut self, by: Option<usize>, back: usize) -> Step {
        if self.claims.is_empty() {
            return Ok(());
        }
        let (task, lease, claimer) = self.claims[self.claims.len() - 1 - back % self.claims.len()];
        let (n, worker) = self.worker(by.unwrap_or(claimer));
        let marked = answer(self.engine.suspect(worker, id(task), lease).await)?;
        same("marked", marked, self.table.suspect(n, task, lease))
    }

    async fn beat(&mut self, worker: usize) -> Step {
        let (n, worker) = self.worker(worker);
        let beat = answer(self.engine.heartbeat(worker, RESCUE.lease, &Report::default()).await)?.beat;
        let (is_alive, has_suspects, silent_for) = self.table.beat(n);
        same("alive, suspects", (beat.is_alive, beat.has_suspects), (is_alive, has_suspects))?;
        let is_near = beat.silent_for.abs_diff(Duration::from_secs(silent_for)) < SLACK;
        if is_near { Ok(()) } else { Err(format!("silent for {:?}, not {silent_for} s", beat.silent_for)) }
    }

    async fn remove(&mut self, remove: &Remove) -> Step {
        let (removal, removed) = match remove {
            Remove::All => (Removal::All, self.table.remove(|_, _| true)),
            Remove::Scheduled => (Removal::Scheduled, self.table.remove_scheduled()),
            Remove::TaskType => {
                (Removal::TaskType(DEFAULT_TASK_TYPE.to_owned()), self.table.remove(|_, _| true))
            }
            Remove::Unique(key) => {
                let duplicate = self.table.duplicate(*key);
                (Removal::Unique(hash(*key)), self.table.remove(|task, _| Some(task) == duplicate))
            }
            Remove::Id(gone) => (Removal::Id(id(*gone)), self.table.remove(|task, _| task == *gone)),
        };
        same("removed", answer(self.admin.remove(&removal).await)?, removed)
    }

    /// Compares all tasks.
    async fn compare(&self) -> Step {
        let now = answer(self.admin.now().await)?;
        let tasks = answer(self.admin.list(&Filter { limit: 2 * TASKS as u32, ..Filter::default() }).await)?;
        let listed: Vec<usize> = tasks.iter().rev().map(|task| number(task.id)).collect();
        same("tasks", listed, self.table.rows.keys().copied().collect())?;
        for task in &tasks {
            self.compare_one(task)?;
            let due = self.table.rows[&number(task.id)].due as i64 - self.table.now as i64;
            let off = (task.scheduled_at - now).num_milliseconds() - due * 1000;
            if off.unsigned_abs() > SLACK.as_millis() as u64 {
                return Err(format!("task {} is due {off} ms off", number(task.id)));
            }
        }
        Ok(())
    }

    fn compare_one(&self, task: &Task) -> Step {
        let number = number(task.id);
        let row = &self.table.rows[&number];
        let name = |what| format!("{what} of task {number}");
        same(&name("state"), task.state, row.state)?;
        same(&name("error"), task.error_message.as_ref(), row.error.as_ref())?;
        same(&name("hash"), task.uniq_hash.clone(), row.uniq.map(hash))?;
        same(&name("priority"), task.priority, row.priority)?;
        let store = (task.retries, task.crashes, task.lease);
        same(&name("retries, crashes, lease"), store, (row.retries, row.crashes, row.lease))
    }
}
