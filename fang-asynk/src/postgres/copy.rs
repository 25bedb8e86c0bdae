//! Many tasks at once, by COPY.

use super::PostgresStore;
use super::convert::{Instant, Json};
use super::run;
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
    let mut client = run::get(&store.calls).await?;
    let outcome = run::in_time(insert_with(store, &mut client, tasks)).await;
    let now = run::settle(client, outcome)?;
    due_now(tasks).into_iter().for_each(|task_type| store.wakes.wake(task_type));
    Ok(copied(tasks, now))
}

/// Saves them in a transaction, whose clock is returned: what they are delayed by counts from it.
async fn insert_with(
    store: &PostgresStore,
    client: &mut Object,
    tasks: &[NewTask],
) -> Result<DbInstant, Error> {
    let transaction = run::begin(&store.calls, client).await?;
    // Not prepared, since behind a pooler nothing is kept on a connection.
    let Instant(now) = transaction.query_typed_one(&store.statements.now, &[]).await?.try_get(0)?;
    copy(&transaction, &store.statements.copy, tasks.iter().map(|task| CopyRow::new(task, now))).await?;
    for task_type in store.worth_announcing(&due_now(tasks)) {
        run::execute_in(&store.calls, &transaction, &store.statements.notify, &[&task_type]).await?;
    }
    transaction.commit().await?;
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
