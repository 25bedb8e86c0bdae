//! Many tasks at once, by COPY.

use super::PostgresStore;
use super::convert::{Instant, Json};
use super::{run, store_error};
use deadpool_postgres::{Object, Transaction};
use fang_core::sql::columns::due_now;
use fang_core::sql::copy::{CopyRow, copied};
use fang_core::store::{DbInstant, Inserted};
use fang_core::{NewTask, StoreError};
use std::pin::pin;
use tokio_postgres::Error;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

/// The types of the columns of `copy.sql`.
const TYPES: [Type; 7] =
    [Type::UUID, Type::JSONB, Type::VARCHAR, Type::INT2, Type::INT2, Type::TIMESTAMPTZ, Type::JSONB];

/// Saves tasks of which none is unique. Fails when one of them is there already.
pub(super) async fn insert(store: &PostgresStore, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
    let now = run::again_if(StoreError::lost_a_race, || insert_once(store, tasks)).await?;
    store.wake(&due_now(tasks));
    Ok(copied(tasks, now))
}

/// Saves them in a transaction, whose clock is returned: what they are delayed by counts from it.
async fn insert_once(store: &PostgresStore, tasks: &[NewTask]) -> Result<DbInstant, StoreError> {
    let mut client = run::get(&store.calls).await?;
    let work = async {
        let transaction = run::begin(&store.calls, &mut client).await?;
        let copied = insert_in(store, &transaction, tasks).await;
        let now = copied.map_err(|error| store_error(&error))?;
        for payload in store.worth_announcing(&due_now(tasks)) {
            run::execute_in(&store.calls, &transaction, &store.statements.notify, &[&payload]).await?;
        }
        run::commit(transaction).await?;
        Ok(now)
    };
    let outcome = run::all_in_time(work).await;
    if outcome.is_err() && store.calls.begin.is_some() {
        // PgBouncer may have lost count of the answers to a COPY that was refused, and the next one would never come.
        drop(Object::take(client));
        return outcome;
    }
    run::settle(client, outcome)
}

async fn insert_in(
    store: &PostgresStore,
    transaction: &Transaction<'_>,
    tasks: &[NewTask],
) -> Result<DbInstant, Error> {
    // Not prepared, since behind a pooler nothing is kept on a connection.
    let Instant(now) = transaction.query_typed_one(&store.statements.now, &[]).await?.try_get(0)?;
    copy(transaction, &store.statements.copy, tasks.iter().map(|task| CopyRow::new(task, now))).await?;
    Ok(now)
}

async fn copy<'a>(
    transaction: &Transaction<'_>,
    sql: &str,
    rows: impl Iterator<Item = CopyRow<'a>>,
) -> Result<(), Error> {
    let mut writer = pin!(BinaryCopyInWriter::new(transaction.copy_in(sql).await?, &TYPES));
    for row in rows {
        let (metadata, scheduled_at) = (Json(row.metadata), Instant(row.scheduled_at));
        let options = row.options.map(Json);
        writer
            .as_mut()
            .write(&[&row.id, &metadata, &row.task_type, &row.mode, &row.priority, &scheduled_at, &options])
            .await?;
    }
    writer.finish().await.map(|_| ())
}
