//! Crons: sync, look, fire.

use super::PostgresStore;
use super::convert::{CronRow, CronSql, instant, timestamp};
use super::error::InTransaction;
use super::run::{self, Bind, bind};
use diesel::Connection;
use diesel::data_types::PgTimestamp;
use diesel::sql_types::{SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use fang_core::StoreError;
use fang_core::store::{CRONS, Crons, DueCron, NewCron, SavedCron, Tick};
use uuid::Uuid;

pub(super) fn sync(store: &PostgresStore, cron: &NewCron) -> Result<SavedCron, StoreError> {
    let task = &cron.task;
    let name = bind::<Text, _>(&cron.name);
    let binds: [&dyn Bind; 8] = [
        &name,
        &bind::<Text, _>(&cron.pattern),
        &bind::<Text, _>(&task.metadata),
        &bind::<Text, _>(&task.task_type),
        &bind::<SmallInt, _>(task.mode as i16),
        &bind::<SmallInt, _>(task.priority as i16),
        &bind::<Timestamptz, _>(timestamp(cron.first.into())),
        &bind::<SqlUuid, _>(task.id),
    ];
    // In a transaction, so that changes of one cron by several processes follow each other.
    let changed = store.calls.with(|connection| {
        connection
            .transaction(|connection| {
                run::execute_on(connection, &store.statements.cron_lock, &[&name])?;
                Ok::<_, InTransaction>(run::execute_on(connection, &store.statements.sync_cron, &binds)? > 0)
            })
            .map_err(StoreError::from)
    })?;
    if changed {
        store.announce(&[CRONS].into());
        return Ok(SavedCron { last_tick: cron.first, task_id: task.id });
    }
    let sql = &store.statements.find_cron;
    let (last_tick, task_id) =
        run::query_one::<(Timestamptz, SqlUuid), (PgTimestamp, Uuid)>(&store.calls, sql, &[&name])?;
    Ok(SavedCron { last_tick: instant(last_tick).to_datetime(), task_id })
}

pub(super) fn due(store: &PostgresStore) -> Result<Crons, StoreError> {
    let rows = run::query::<CronSql, CronRow>(&store.engine, &store.statements.crons, &[])?;
    Ok(Crons::new(rows.into_iter().map(cron)))
}

fn cron((now, name, pattern, last_tick): CronRow) -> DueCron {
    DueCron { now: instant(now).to_datetime(), name, pattern, last_tick: instant(last_tick).to_datetime() }
}

pub(super) fn fire(store: &PostgresStore, tick: &Tick<'_>) -> Result<bool, StoreError> {
    let sql = &store.statements;
    let (name, seen) = (bind::<Text, _>(tick.name), bind::<Timestamptz, _>(timestamp(tick.seen.into())));
    let changed = match tick.next {
        Some(next) => {
            let (next, id) = (bind::<Timestamptz, _>(timestamp(next.into())), bind::<SqlUuid, _>(tick.id));
            run::execute(&store.engine, &sql.fire, &[&name, &seen, &next, &id])?
        }
        None => run::execute(&store.engine, &sql.end_cron, &[&name, &seen])?,
    };
    Ok(changed > 0)
}
