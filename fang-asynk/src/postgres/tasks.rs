//! Insert, claim, finish.

use super::PostgresStore;
use super::convert::{Instant, Secret, claimed, in_table};
use super::run::{self, Param};
use fang_core::context::OwnResult;
use fang_core::sql::columns::{
    Answers, FinishColumns, InTable, InsertColumns, LaneColumns, MAX_INSERT_TRIES, due_now,
};
use fang_core::store::{Claim, Claimed, Finish, Inserted, WorkerId};
use fang_core::{NewTask, StoreError};
use tokio_postgres::types::Type;
use tokio_postgres::{Row, Transaction};

/// The types of the parameters of `insert.sql`, for a transaction that has not prepared it.
const INSERT_TYPES: [Type; 9] = [
    Type::UUID_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT2_ARRAY,
    Type::INT2_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT8_ARRAY,
    Type::TIMESTAMPTZ_ARRAY,
    Type::TEXT_ARRAY,
];

pub(super) async fn insert(store: &PostgresStore, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
    let mut answers = Answers::new(tasks);
    try_insert(store, tasks, &mut answers).await?;
    for _ in 1..MAX_INSERT_TRIES {
        let missing = answers.missing();
        if missing.is_empty() {
            break;
        }
        try_insert(store, &missing, &mut answers).await?;
    }
    answers.finish()
}

async fn try_insert(
    store: &PostgresStore,
    tasks: &[NewTask],
    answers: &mut Answers<'_>,
) -> Result<(), StoreError> {
    let sql = &store.statements;
    let columns = InsertColumns::new(tasks);
    let (metadata, instants) = wrapped(&columns);
    let params = insert_params(&columns, &metadata, &instants);
    let due = due_now(tasks);
    let news = store.worth_announcing(&due);
    let saved =
        in_tables(&run::query_then(&store.calls, (&sql.insert, &params), (&sql.notify, &news)).await?)?;
    due.into_iter().for_each(|task_type| store.wakes.wake(task_type));
    let holders = match saved.len() == tasks.len() {
        true => Vec::new(),
        false => in_tables(&run::query(&store.calls, &sql.holders, &[&columns.ids, &columns.held()]).await?)?,
    };
    answers.add(&saved, &holders);
    Ok(())
}

/// Inserts within the application's own transaction.
pub(crate) async fn insert_in(
    store: &PostgresStore,
    transaction: &Transaction<'_>,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    let mut answers = Answers::new(tasks);
    try_insert_in(store, transaction, tasks, &mut answers).await?;
    for _ in 1..MAX_INSERT_TRIES {
        let missing = answers.missing();
        if missing.is_empty() {
            break;
        }
        try_insert_in(store, transaction, &missing, &mut answers).await?;
    }
    // Always, since nobody knows when it will commit, which is when this leaves.
    for task_type in due_now(tasks) {
        run::query_in(transaction, &store.statements.notify, &[(&task_type, Type::TEXT)]).await?;
    }
    answers.finish()
}

async fn try_insert_in(
    store: &PostgresStore,
    transaction: &Transaction<'_>,
    tasks: &[NewTask],
    answers: &mut Answers<'_>,
) -> Result<(), StoreError> {
    let sql = &store.statements;
    let columns = InsertColumns::new(tasks);
    let (metadata, instants) = wrapped(&columns);
    let params = insert_params(&columns, &metadata, &instants);
    let typed: Vec<_> = params.into_iter().zip(INSERT_TYPES).collect();
    let saved = in_tables(&run::query_in(transaction, &sql.insert, &typed).await?)?;
    let holders = match saved.len() == tasks.len() {
        true => Vec::new(),
        false => {
            let held = columns.held();
            let params: [_; 2] = [(&columns.ids as _, Type::UUID_ARRAY), (&held as _, Type::TEXT_ARRAY)];
            in_tables(&run::query_in(transaction, &sql.holders, &params).await?)?
        }
    };
    answers.add(&saved, &holders);
    Ok(())
}

type Wrapped<'a> = (Secret<&'a Vec<&'a str>>, Vec<Option<Instant>>);

fn wrapped<'a>(columns: &'a InsertColumns<'a>) -> Wrapped<'a> {
    (Secret(&columns.metadata), columns.instants.iter().map(|at| at.map(Instant)).collect())
}

fn insert_params<'a>(
    columns: &'a InsertColumns<'a>,
    metadata: &'a Secret<&'a Vec<&'a str>>,
    instants: &'a Vec<Option<Instant>>,
) -> [Param<'a>; 9] {
    [
        &columns.ids,
        metadata,
        &columns.task_types,
        &columns.modes,
        &columns.priorities,
        &columns.hashes,
        &columns.delays,
        instants,
        &columns.options,
    ]
}

fn in_tables(rows: &[Row]) -> Result<Vec<InTable>, StoreError> {
    rows.iter().map(in_table).collect()
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

/// The types of the parameters of `finish.sql`, for a transaction that has not prepared it.
const FINISH_TYPES: [Type; 6] =
    [Type::INT8, Type::UUID_ARRAY, Type::INT4_ARRAY, Type::INT2_ARRAY, Type::INT8_ARRAY, Type::TEXT_ARRAY];

/// Saves the success of a run within the application's own transaction; whether its claim still stood.
pub(crate) async fn finish_in(own: &OwnResult, transaction: &Transaction<'_>) -> Result<bool, StoreError> {
    let columns = FinishColumns::new(std::slice::from_ref(&own.result));
    let params: [Param<'_>; 6] =
        [&own.worker.0, &columns.ids, &columns.leases, &columns.codes, &columns.delays, &columns.errors];
    let typed: Vec<_> = params.into_iter().zip(FINISH_TYPES).collect();
    let rows = run::query_in(transaction, &own.statements.finish, &typed).await?;
    Ok(rows.first().is_some_and(|row| row.get::<_, i64>(0) > 0))
}
