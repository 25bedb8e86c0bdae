//! Insert, claim, finish.

use super::convert::{Instant, claimed};
use super::run::{self, Param};
use super::{PostgresStore, store_error};
use chrono::{DateTime, Utc};
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
    metadata: Vec<&'a str>,
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
            metadata: tasks.iter().map(|task| task.metadata.as_str()).collect(),
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

pub(super) async fn insert(store: &PostgresStore, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
    let columns = Columns::new(tasks);
    let params = columns.params();
    let news = store.worth_announcing(due_now(tasks));
    let sql = &store.statements;
    let rows = run::query_then(&store.calls, (&sql.insert, &params), (&sql.notify, &news)).await?;
    let holders = match rows.len() == tasks.len() {
        true => Vec::new(),
        false => run::query(&store.calls, &store.statements.holders, &[&columns.ids, &held(&columns)]).await?,
    };
    due_now(tasks).into_iter().for_each(|task_type| store.wakes.wake(task_type));
    Ok(outcome(tasks, &rows, &holders))
}

/// Inserts within the application's own transaction. The announcement leaves with its commit.
pub(crate) async fn insert_in(
    store: &PostgresStore,
    transaction: &Transaction<'_>,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    let columns = Columns::new(tasks);
    let typed: Vec<_> = columns.params().into_iter().zip(INSERT_TYPES).collect();
    let rows = transaction.query_typed(&store.statements.insert, &typed).await.map_err(|error| store_error(&error))?;
    let holders = match rows.len() == tasks.len() {
        true => Vec::new(),
        false => {
            let held = held(&columns);
            let params: [(Param<'_>, Type); 2] =
                [(&columns.ids, Type::UUID_ARRAY), (&held, Type::TEXT_ARRAY)];
            transaction
                .query_typed(&store.statements.holders, &params)
                .await
                .map_err(|error| store_error(&error))?
        }
    };
    for task_type in store.worth_announcing(due_now(tasks)) {
        let params: [(Param<'_>, Type); 1] = [(&task_type, Type::TEXT)];
        transaction.query_typed(&store.statements.notify, &params).await.map_err(|error| store_error(&error))?;
    }
    Ok(outcome(tasks, &rows, &holders))
}

fn held<'a>(columns: &Columns<'a>) -> Vec<&'a str> {
    columns.hashes.iter().flatten().copied().collect()
}

/// The task types in which somebody may find something to claim now.
fn due_now(tasks: &[NewTask]) -> BTreeSet<&str> {
    tasks.iter().filter(|task| task.due.is_now()).map(|task| task.task_type.as_str()).collect()
}

/// For each task, in order, what is in the table now.
fn outcome(tasks: &[NewTask], rows: &[Row], holders: &[Row]) -> Vec<Inserted> {
    let saved: HashMap<Uuid, Inserted> = rows
        .iter()
        .map(|row| (row.get(0), Inserted { id: row.get(0), is_new: true, created_at: row.get(1), scheduled_at: row.get(2) }))
        .collect();
    let held = |row: &Row| Inserted {
        id: row.get(0),
        is_new: false,
        created_at: row.get(2),
        scheduled_at: row.get(3),
    };
    let by_id: HashMap<Uuid, Inserted> = holders.iter().map(|row| (row.get(0), held(row))).collect();
    let by_hash: HashMap<&str, Inserted> =
        holders.iter().filter_map(|row| Some((row.get::<_, Option<&str>>(1)?, held(row)))).collect();
    let find = |task: &NewTask| {
        // A row of this very id is this task, saved by an earlier try whose answer was lost.
        let earlier = by_id.get(&task.id).map(|inserted| Inserted { is_new: true, ..*inserted });
        let holder = || by_hash.get(task.uniq_hash.as_deref()?).copied();
        saved.get(&task.id).copied().or(earlier).or_else(holder)
    };
    tasks.iter().filter_map(find).collect()
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

pub(super) async fn finish(
    store: &PostgresStore,
    worker: WorkerId,
    results: &[Finish],
) -> Result<u64, StoreError> {
    let (gone, stay): (Vec<&Finish>, Vec<&Finish>) =
        results.iter().partition(|result| result.verdict == Verdict::Remove);
    let removed = remove(store, worker, &gone).await?;
    Ok(removed + update(store, worker, &stay).await?)
}

async fn remove(store: &PostgresStore, worker: WorkerId, results: &[&Finish]) -> Result<u64, StoreError> {
    if results.is_empty() {
        return Ok(0);
    }
    let (ids, leases): (Vec<Uuid>, Vec<i32>) = results.iter().map(|result| (result.id, result.lease)).unzip();
    run::execute(&store.engine, &store.statements.finish_remove, &[&worker.0, &ids, &leases]).await
}

async fn update(store: &PostgresStore, worker: WorkerId, results: &[&Finish]) -> Result<u64, StoreError> {
    if results.is_empty() {
        return Ok(0);
    }
    let (ids, leases): (Vec<Uuid>, Vec<i32>) = results.iter().map(|result| (result.id, result.lease)).unzip();
    let codes: Vec<i16> = results.iter().map(|result| result.verdict.code()).collect();
    let delays: Vec<Option<i64>> = results.iter().map(|result| result.verdict.delay().map(micros)).collect();
    let errors: Vec<Option<&str>> = results.iter().map(|result| result.verdict.error()).collect();
    let params: [Param<'_>; 6] = [&worker.0, &ids, &leases, &codes, &delays, &errors];
    run::execute(&store.engine, &store.statements.finish_update, &params).await
}
