//! Insert, claim, finish.

use super::PostgresStore;
use super::convert::{Instant, Secret, claimed, in_table};
use super::run::{self, Param};
use fang_core::error::Nature;
use fang_core::sql::columns::{FinishColumns, InTable, InsertColumns, LaneColumns, answers, due_now};
use fang_core::store::{Claim, Claimed, Finish, Inserted, WorkerId};
use fang_core::{NewTask, StoreError};
use tokio_postgres::types::Type;
use tokio_postgres::{Row, Transaction};

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
    let sql = &store.statements;
    let columns = InsertColumns::new(tasks);
    let (metadata, instants) = wrapped(&columns);
    let params = insert_params(&columns, &metadata, &instants);
    for _ in 0..MAX_TRIES {
        let news = store.worth_announcing(due_now(tasks));
        let saved =
            in_tables(&run::query_then(&store.calls, (&sql.insert, &params), (&sql.notify, &news)).await?)?;
        let holders = match saved.len() == tasks.len() {
            true => Vec::new(),
            false => {
                in_tables(&run::query(&store.calls, &sql.holders, &[&columns.ids, &columns.held()]).await?)?
            }
        };
        due_now(tasks).into_iter().for_each(|task_type| store.wakes.wake(task_type));
        // Sending all of them again does not double those that are saved: the ids are the same.
        if let Some(answers) = answers(tasks, &saved, &holders) {
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
    let sql = &store.statements;
    let columns = InsertColumns::new(tasks);
    let (metadata, instants) = wrapped(&columns);
    let params = insert_params(&columns, &metadata, &instants);
    let typed: Vec<_> = params.into_iter().zip(INSERT_TYPES).collect();
    for _ in 0..MAX_TRIES {
        let saved = in_tables(&run::query_in(transaction, &sql.insert, &typed).await?)?;
        let holders = match saved.len() == tasks.len() {
            true => Vec::new(),
            false => {
                let held = columns.held();
                let params: [_; 2] = [(&columns.ids as _, Type::UUID_ARRAY), (&held as _, Type::TEXT_ARRAY)];
                in_tables(&run::query_in(transaction, &sql.holders, &params).await?)?
            }
        };
        if let Some(answers) = answers(tasks, &saved, &holders) {
            for task_type in store.worth_announcing(due_now(tasks)) {
                run::query_in(transaction, &sql.notify, &[(&task_type, Type::TEXT)]).await?;
            }
            return Ok(answers);
        }
    }
    Err(unsettled())
}

type Wrapped<'a> = (Secret<&'a Vec<&'a str>>, Vec<Option<Instant>>);

fn wrapped<'a>(columns: &'a InsertColumns<'a>) -> Wrapped<'a> {
    (Secret(&columns.metadata), columns.instants.iter().map(|at| at.map(Instant)).collect())
}

fn insert_params<'a>(
    columns: &'a InsertColumns<'a>,
    metadata: &'a Secret<&'a Vec<&'a str>>,
    instants: &'a Vec<Option<Instant>>,
) -> [Param<'a>; 8] {
    [
        &columns.ids,
        metadata,
        &columns.task_types,
        &columns.modes,
        &columns.priorities,
        &columns.hashes,
        &columns.delays,
        instants,
    ]
}

fn in_tables(rows: &[Row]) -> Result<Vec<InTable>, StoreError> {
    rows.iter().map(in_table).collect()
}

fn unsettled() -> StoreError {
    let reason = "unique tasks ended each time just before they were looked for; try again";
    StoreError::Statement { nature: Nature::Passing, source: reason.into() }
}

pub(super) async fn claim(store: &PostgresStore, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
    let lanes = LaneColumns::new(claim.lanes);
    let floors: Vec<Instant> = lanes.floors.iter().copied().map(Instant).collect();
    let limit = i64::try_from(claim.limit).unwrap_or(i64::MAX);
    let params: [Param<'_>; 6] =
        [&claim.worker.0, &claim.task_type, &lanes.modes, &lanes.priorities, &floors, &limit];
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
    let columns = FinishColumns::new(results);
    if columns.all_go() {
        let params: [Param<'_>; 3] = [&worker.0, &columns.ids, &columns.leases];
        return run::execute(&store.engine, &store.statements.finish_remove, &params).await;
    }
    let errors = Secret(&columns.errors);
    let params: [Param<'_>; 6] =
        [&worker.0, &columns.ids, &columns.leases, &columns.codes, &columns.delays, &errors];
    let row = run::query_one(&store.engine, &store.statements.finish, &params).await?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}
