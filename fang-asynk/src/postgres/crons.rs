//! Crons: sync, look, fire.

use super::PostgresStore;
use super::convert::Secret;
use super::run::{self, Param};
use chrono::{DateTime, Utc};
use fang_core::StoreError;
use fang_core::store::{CRONS, Crons, DueCron, NewCron, SavedCron, Tick};
use tokio_postgres::Row;

pub(super) async fn sync(store: &PostgresStore, cron: &NewCron) -> Result<SavedCron, StoreError> {
    let task = &cron.task;
    let (mode, priority) = (task.mode as i16, task.priority as i16);
    let metadata = Secret(task.metadata.as_str());
    let params: [Param<'_>; 8] =
        [&cron.name, &cron.pattern, &metadata, &task.task_type, &mode, &priority, &cron.first, &task.id];
    let changed = run::execute(&store.calls, &store.statements.sync_cron, &params).await? > 0;
    if changed {
        store.announce([CRONS].into()).await;
        return Ok(SavedCron { last_tick: cron.first, task_id: task.id });
    }
    let row = run::query_one(&store.calls, &store.statements.find_cron, &[&cron.name]).await?;
    Ok(SavedCron { last_tick: row.get(0), task_id: row.get(1) })
}

pub(super) async fn due(store: &PostgresStore) -> Result<Crons, StoreError> {
    let rows = run::query(&store.calls, &store.statements.crons, &[]).await?;
    Ok(Crons::new(rows.iter().map(cron)))
}

fn cron(row: &Row) -> DueCron {
    let now: DateTime<Utc> = row.get(0);
    DueCron { now, name: row.get(1), pattern: row.get(2), last_tick: row.get(3) }
}

pub(super) async fn fire(store: &PostgresStore, tick: &Tick<'_>) -> Result<bool, StoreError> {
    let sql = &store.statements;
    let changed = match tick.next {
        Some(next) => {
            run::execute(&store.calls, &sql.fire, &[&tick.name, &tick.seen, &next, &tick.id]).await?
        }
        None => run::execute(&store.calls, &sql.end_cron, &[&tick.name, &tick.seen]).await?,
    };
    Ok(changed > 0)
}
