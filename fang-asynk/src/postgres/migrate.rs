//! From whatever schema there is to the one of this version.

use super::run;
use super::{PostgresStore, store_error};
use deadpool_postgres::Transaction;
use fang_core::StoreError;
use fang_core::sql::{Schema, migrations};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// Takes all steps that are missing, each in a transaction of its own, and returns how many those
/// were. Processes that start at once wait for each other, and all but the first find nothing to do.
pub(crate) async fn migrate(store: &PostgresStore) -> Result<usize, StoreError> {
    let mut steps = 0;
    while run::again_if(StoreError::lost_a_race, || step(store)).await? {
        steps += 1;
    }
    Ok(steps)
}

async fn step(store: &PostgresStore) -> Result<bool, StoreError> {
    let mut client = run::get(store.calls()).await?;
    let work = async {
        let transaction = run::begin(store.calls(), &mut client).await?;
        let took_one = step_in(&transaction, store).await.map_err(|error| explain(&error))?;
        run::commit(transaction).await?;
        Ok(took_one)
    };
    // However long it takes.
    let outcome = work.await;
    run::settle(client, outcome)
}

fn explain(error: &Error) -> StoreError {
    match error.code() {
        Some(&SqlState::LOCK_NOT_AVAILABLE) => migrations::locked(),
        _ => store_error(error),
    }
}

/// Takes the next step, if one is missing.
async fn step_in(transaction: &Transaction<'_>, store: &PostgresStore) -> Result<bool, Error> {
    enter(transaction, store.schema()).await?;
    transaction.batch_execute(&store.statements.migration_lock).await?;
    transaction.batch_execute(migrations::LIMITS).await?;
    let Some(next) = migrations::pending(version(transaction).await?).next() else { return Ok(false) };
    transaction.batch_execute(next.up).await?;
    log::info!("the schema of fang is at version {}", next.version);
    Ok(true)
}

/// The files name no schema, so that psql can run them in any: the search path says which.
async fn enter(transaction: &Transaction<'_>, schema: &Schema) -> Result<(), Error> {
    let Some(name) = schema.quoted() else { return Ok(()) };
    let sql = format!("CREATE SCHEMA IF NOT EXISTS {name}; SET LOCAL search_path TO {name}");
    transaction.batch_execute(&sql).await
}

async fn version(transaction: &Transaction<'_>) -> Result<i32, Error> {
    let exists = transaction.query_typed("SELECT to_regclass('fang_meta') IS NOT NULL", &[]).await?;
    if !exists.first().is_some_and(|row| row.get(0)) {
        return Ok(0);
    }
    let rows = transaction.query_typed("SELECT version FROM fang_meta", &[]).await?;
    Ok(rows.first().map_or(0, |row| row.get(0)))
}
