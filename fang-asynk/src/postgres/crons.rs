//! Crons: sync, look, fire.

use super::PostgresStore;
use super::convert::{Instant, Secret, instant};
use super::run::{self, Param};
use super::store_error;
use deadpool_postgres::Transaction;
use fang_core::StoreError;
use fang_core::store::{CRONS, Crons, DueCron, NewCron, SavedCron, Tick};
use tokio_postgres::{Error, Row};

/// In a transaction, so that changes of one cron by several processes follow each other.
pub(super) async fn sync(store: &PostgresStore, cron: &NewCron) -> Result<SavedCron, StoreError> {
    let mut client = run::get(&store.calls).await?;
    let transaction = client.transaction().await.map_err(|error| store_error(&error))?;
    let changed = sync_in(store, &transaction, cron).await.map_err(|error| store_error(&error))?;
    transaction.commit().await.map_err(|error| store_error(&error))?;
    drop(client);
    if changed {
        store.announce(&[CRONS].into()).await;
        return Ok(SavedCron { last_tick: cron.first, task_id: cron.task.id });
    }
    let row = run::query_one(&store.calls, &store.statements.find_cron, &[&cron.name]).await?;
    Ok(SavedCron { last_tick: instant(&row, 0)?, task_id: row.get(1) })
}

async fn sync_in(
    store: &PostgresStore,
    transaction: &Transaction<'_>,
    cron: &NewCron,
) -> Result<bool, Error> {
    let sql = &store.statements;
    let lock = transaction.prepare_cached(&sql.cron_lock).await?;
    transaction.execute(&lock, &[&cron.name]).await?;
    let task = &cron.task;
    let (mode, priority) = (task.mode as i16, task.priority as i16);
    let metadata = Secret(task.metadata.as_str());
    let params: [Param<'_>; 8] =
        [&cron.name, &cron.pattern, &metadata, &task.task_type, &mode, &priority, &cron.first, &task.id];
    let sync = transaction.prepare_cached(&sql.sync_cron).await?;
    Ok(transaction.execute(&sync, &params).await? > 0)
}

pub(super) async fn due(store: &PostgresStore) -> Result<Crons, StoreError> {
    let rows = run::query(&store.engine, &store.statements.crons, &[]).await?;
    let crons = rows.iter().map(cron).collect::<Result<Vec<_>, _>>()?;
    Ok(Crons::new(crons.into_iter()))
}

fn cron(row: &Row) -> Result<DueCron, StoreError> {
    Ok(DueCron { now: instant(row, 0)?, name: row.get(1), pattern: row.get(2), last_tick: instant(row, 3)? })
}

pub(super) async fn fire(store: &PostgresStore, tick: &Tick<'_>) -> Result<bool, StoreError> {
    let sql = &store.statements;
    let seen = Instant(tick.seen.into());
    let changed = match tick.next {
        Some(next) => {
            let params: [Param<'_>; 4] = [&tick.name, &seen, &Instant(next.into()), &tick.id];
            run::execute(&store.engine, &sql.fire, &params).await?
        }
        None => run::execute(&store.engine, &sql.end_cron, &[&tick.name, &seen]).await?,
    };
    Ok(changed > 0)
}
