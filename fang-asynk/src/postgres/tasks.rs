//! Insert, claim, finish.

use super::PostgresStore;
use super::convert::{Instant, Secret, claimed};
use super::run::{self, Param};
use chrono::{DateTime, Utc};
use fang_core::error::Nature;
use fang_core::new_task::Due;
use fang_core::store::{Claim, Claimed, Finish, Inserted, Verdict, WorkerId, micros};
use fang_core::{NewTask, StoreError};
use std::collections::{BTreeSet, HashMap};
use tokio_postgres::types::Type;
use tokio_postgres::{Row, Transaction};
use uuid::Uuid;

/// The columns of a batch of new tasks.
struct Columns<'a> {
    ids: Vec<Uuid>,
    metadata: Secret<Vec<&'a str>>,
    task_types: Vec<&'a str>,
    modes: Vec<i16>,
    priorities: Vec<i16>,
    hashes: Vec<Option<&'a str>>,
    delays: Vec<i64>,
    instants: Vec<Option<DateTime<Utc>>>,
}

impl<'a> Columns<'a> {
    fn new(tasks: &'a [NewTask]) -> Self {
        let due = |task: &NewTask| match task.due {
            Due::After(delay) => (micros(delay), None),
            Due::At(at) => (0, Some(at)),
        };
        let (delays, instants) = tasks.iter().map(due).unzip();
        Self {
            ids: tasks.iter().map(|task| task.id).collect(),
            metadata: Secret(tasks.iter().map(|task| task.metadata.as_str()).collect()),
            task_types: tasks.iter().map(|task| task.task_type.as_str()).collect(),
            modes: tasks.iter().map(|task| task.mode as i16).collect(),
            priorities: tasks.iter().map(|task| task.priority as i16).collect(),
            hashes: tasks.iter().map(|task| task.uniq_hash.as_deref()).collect(),
            delays,
            instants,
        }
    }

    fn params(&self) -> [Param<'_>; 8] {
        [
            &self.ids,
            &self.metadata,
            &self.task_types,
            &self.modes,
            &self.priorities,
            &self.hashes,
            &self.delays,
            &self.instants,
        ]
    }
}

/// The types of the parameters of `insert.sql`, for a transaction that has not prepared it.
const INSERT_TYPES: [Type; 8] = [
    Type::UUID_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT2_ARRAY,
    Type::INT2_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT8_ARRAY,
    Type::TIMESTAMPTZ_ARRAY,
];

/// How often a batch is sent again because a unique task ended just when it was looked for.
const MAX_TRIES: usize = 10;

pub(super) async fn insert(store: &PostgresStore, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
    let columns = Columns::new(tasks);
    let params = columns.params();
    let sql = &store.statements;
    for _ in 0..MAX_TRIES {
        let news = store.worth_announcing(due_now(tasks));
        let rows = run::query_then(&store.calls, (&sql.insert, &params), (&sql.notify, &news)).await?;
        let holders = match rows.len() == tasks.len() {
            true => Vec::new(),
            false => run::query(&store.calls, &sql.holders, &[&columns.ids, &held(&columns)]).await?,
        };
        due_now(tasks).into_iter().for_each(|task_type| store.wakes.wake(task_type));
        // Sending all of them again does not double those that are saved: the ids are the same.
        if let Some(answers) = answers(tasks, &rows, &holders) {
            return Ok(answers);
        }
    }
    Err(unsettled())
}

/// Inserts within the application's own transaction. The announcement leaves with its commit.
pub(crate) async fn insert_in(
    store: &PostgresStore,
    transaction: &Transaction<'_>,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    let columns = Columns::new(tasks);
    let sql = &store.statements;
    let typed: Vec<_> = columns.params().into_iter().zip(INSERT_TYPES).collect();
    for _ in 0..MAX_TRIES {
        let rows = run::query_in(transaction, &sql.insert, &typed).await?;
        let holders = match rows.len() == tasks.len() {
            true => Vec::new(),
            false => {
                let held = held(&columns);
                let params: [_; 2] = [(&columns.ids as _, Type::UUID_ARRAY), (&held as _, Type::TEXT_ARRAY)];
                run::query_in(transaction, &sql.holders, &params).await?
            }
        };
        if let Some(answers) = answers(tasks, &rows, &holders) {
            for task_type in store.worth_announcing(due_now(tasks)) {
                run::query_in(transaction, &sql.notify, &[(&task_type, Type::TEXT)]).await?;
            }
            return Ok(answers);
        }
    }
    Err(unsettled())
}

fn unsettled() -> StoreError {
    let reason = "unique tasks ended each time just before they were looked for; try again";
    StoreError::Statement { nature: Nature::Passing, source: reason.into() }
}

fn held<'a>(columns: &Columns<'a>) -> Vec<&'a str> {
    columns.hashes.iter().flatten().copied().collect()
}

/// The task types in which somebody may find something to claim now.
fn due_now(tasks: &[NewTask]) -> BTreeSet<&str> {
    tasks.iter().filter(|task| task.due.is_now()).map(|task| task.task_type.as_str()).collect()
}

/// For each task, in order, what is in the table now; `None` when a unique task that kept one from
/// being inserted has ended since.
fn answers(tasks: &[NewTask], rows: &[Row], holders: &[Row]) -> Option<Vec<Inserted>> {
    let answer = |row: &Row, is_new, at| Inserted {
        id: row.get(0),
        is_new,
        created_at: row.get(at),
        scheduled_at: row.get(at + 1),
    };
    let saved = rows.iter().map(|row| answer(row, true, 1));
    // A row of the very id is this task, saved by an earlier try whose answer was lost.
    let earlier = holders.iter().map(|row| answer(row, true, 2));
    let by_id: HashMap<Uuid, Inserted> =
        earlier.chain(saved).map(|inserted| (inserted.id, inserted)).collect();
    let hash = |row: &Row| row.get::<_, Option<String>>(1);
    let by_hash: HashMap<String, Inserted> =
        holders.iter().filter_map(|row| Some((hash(row)?, answer(row, false, 2)))).collect();
    let find = |task: &NewTask| {
        let holder = || by_hash.get(task.uniq_hash.as_ref()?);
        by_id.get(&task.id).or_else(holder).copied()
    };
    tasks.iter().map(find).collect()
}

pub(super) async fn claim(store: &PostgresStore, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
    let modes: Vec<i16> = claim.lanes.iter().map(|lane| lane.mode as i16).collect();
    let priorities: Vec<i16> = claim.lanes.iter().map(|lane| lane.priority as i16).collect();
    let floors: Vec<Instant> = claim.lanes.iter().map(|lane| Instant(lane.floor)).collect();
    let limit = i64::try_from(claim.limit).unwrap_or(i64::MAX);
    let params: [Param<'_>; 6] = [&claim.worker.0, &claim.task_type, &modes, &priorities, &floors, &limit];
    let rows = run::query(&store.engine, &store.statements.claim, &params).await?;
    rows.iter().map(claimed).collect()
}

/// Usually all rows go, and the shortest statement serves; else one statement does it all, so that a
/// batch is never saved by half.
pub(super) async fn finish(
    store: &PostgresStore,
    worker: WorkerId,
    results: &[Finish],
) -> Result<u64, StoreError> {
    let (ids, leases): (Vec<Uuid>, Vec<i32>) = results.iter().map(|result| (result.id, result.lease)).unzip();
    if results.iter().all(|result| result.verdict == Verdict::Remove) {
        let params: [Param<'_>; 3] = [&worker.0, &ids, &leases];
        return run::execute(&store.engine, &store.statements.finish_remove, &params).await;
    }
    let codes: Vec<i16> = results.iter().map(|result| result.verdict.code()).collect();
    let delays: Vec<Option<i64>> = results.iter().map(|result| result.verdict.delay().map(micros)).collect();
    let errors: Secret<Vec<Option<&str>>> =
        Secret(results.iter().map(|result| result.verdict.error()).collect());
    let params: [Param<'_>; 6] = [&worker.0, &ids, &leases, &codes, &delays, &errors];
    let row = run::query_one(&store.engine, &store.statements.finish, &params).await?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}
