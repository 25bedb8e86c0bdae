//! Crons: sync, look, fire; and what people do with them.

use super::PostgresStore;
use super::convert::{
    CronInfoRow, CronInfoSql, DueCronRow, DueCronSql, cron_info, due_cron, instant, timestamp,
};
use super::error::InTransaction;
use super::run::{self, Bind, Keep, bind};
use diesel::data_types::PgTimestamp;
use diesel::sql_types::{Array, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{Connection, PgConnection};
use fang_core::StoreError;
use fang_core::store::{CRONS, CronInfo, CronRemoval, Crons, NewCron, SavedCron, Tick};
use fang_core::wake::Announced;
use uuid::Uuid;

pub(super) fn sync(store: &PostgresStore, cron: &NewCron) -> Result<SavedCron, StoreError> {
    let (sql, keep) = (&store.statements, store.calls.keep());
    let name = bind::<Text, _>(&cron.name);
    let changed = in_transaction(store, |connection| {
        run::execute_on(connection, keep, &sql.cron_lock, &[&name])?;
        run::execute_on(connection, keep, &sql.hold_cron, &[&name])?;
        sync_on(connection, keep, &sql.sync_cron, cron)
    })?;
    if changed {
        store.announce(&[(CRONS, Announced::Each)].into());
        return Ok(SavedCron { last_tick: cron.first, task_id: cron.task.row().id });
    }
    let (last_tick, task_id) = run::query_one::<(Timestamptz, SqlUuid), (PgTimestamp, Uuid)>(
        &store.calls,
        &sql.find_cron,
        &[&name],
    )?;
    Ok(SavedCron { last_tick: instant(last_tick).to_datetime(), task_id })
}

fn sync_on(connection: &mut PgConnection, keep: Keep, sql: &str, cron: &NewCron) -> Result<bool, StoreError> {
    let (when, task) = (&cron.cron, cron.task.row());
    let binds: [&dyn Bind; 10] = [
        &bind::<Text, _>(&cron.name),
        &bind::<Text, _>(&when.pattern),
        &bind::<Text, _>(&when.time_zone),
        &bind::<Text, _>(when.missed.as_text()),
        &bind::<Text, _>(task.metadata),
        &bind::<Text, _>(task.task_type),
        &bind::<SmallInt, _>(task.mode as i16),
        &bind::<SmallInt, _>(task.priority as i16),
        &bind::<Timestamptz, _>(timestamp(cron.first.into())),
        &bind::<SqlUuid, _>(task.id),
    ];
    Ok(run::execute_on(connection, keep, sql, &binds)? > 0)
}

/// So that changes of one cron by several processes follow each other.
fn in_transaction<T>(
    store: &PostgresStore,
    act: impl Fn(&mut PgConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    store.calls.with(|connection| {
        let done = connection.transaction(|connection| Ok::<_, InTransaction>(act(connection)?));
        done.map_err(StoreError::from)
    })
}

pub(super) fn due(store: &PostgresStore) -> Result<Crons, StoreError> {
    let rows = run::query::<DueCronSql, DueCronRow>(&store.engine, &store.statements.crons, &[])?;
    Ok(Crons::new(rows.into_iter().map(due_cron)))
}

pub(super) fn fire(store: &PostgresStore, tick: &Tick<'_>) -> Result<bool, StoreError> {
    let sql = &store.statements;
    let (late, ids): (Vec<_>, Vec<_>) =
        tick.late.iter().map(|(at, id)| (timestamp((*at).into()), *id)).unzip();
    let (name, seen) = (bind::<Text, _>(tick.name), bind::<Timestamptz, _>(timestamp(tick.seen.into())));
    let (late, ids) = (bind::<Array<Timestamptz>, _>(late), bind::<Array<SqlUuid>, _>(ids));
    let dropped = bind::<Nullable<SqlUuid>, _>(tick.dropped);
    let changed = match tick.next {
        Some(next) => {
            let (next, id) = (bind::<Timestamptz, _>(timestamp(next.into())), bind::<SqlUuid, _>(tick.id));
            let binds: [&dyn Bind; 7] = [&name, &seen, &next, &id, &late, &ids, &dropped];
            run::execute(&store.engine, &sql.fire, &binds)?
        }
        None => run::execute(&store.engine, &sql.end_cron, &[&name, &seen, &late, &ids, &dropped])?,
    };
    Ok(changed > 0)
}

pub(super) fn list(store: &PostgresStore) -> Result<Vec<CronInfo>, StoreError> {
    let rows = run::query::<CronInfoSql, CronInfoRow>(&store.calls, &store.statements.list_crons, &[])?;
    Ok(rows.into_iter().map(cron_info).collect())
}

/// In a transaction, so that the task it takes out is that of the last tick.
pub(super) fn pause(store: &PostgresStore, name: &str) -> Result<bool, StoreError> {
    let (sql, keep, name) = (&store.statements, store.calls.keep(), bind::<Text, _>(name));
    in_transaction(store, |connection| {
        run::execute_on(connection, keep, &sql.hold_cron, &[&name])?;
        Ok(run::execute_on(connection, keep, &sql.pause_cron, &[&name])? > 0)
    })
}

pub(super) fn resume(store: &PostgresStore, name: &str) -> Result<bool, StoreError> {
    let resumed = run::execute(&store.calls, &store.statements.resume_cron, &[&bind::<Text, _>(name)])? > 0;
    store.announce(&[(CRONS, Announced::Each)].into());
    Ok(resumed)
}

pub(super) fn run(store: &PostgresStore, name: &str, id: Uuid) -> Result<bool, StoreError> {
    let binds: [&dyn Bind; 2] = [&bind::<Text, _>(name), &bind::<SqlUuid, _>(id)];
    let task_types = run::query::<Text, String>(&store.calls, &store.statements.run_cron, &binds)?;
    task_types.iter().for_each(|task_type| store.announce(&[(task_type.as_str(), Announced::Each)].into()));
    Ok(!task_types.is_empty())
}

pub(super) fn remove(store: &PostgresStore, removal: &CronRemoval) -> Result<u64, StoreError> {
    let sql = &store.statements;
    match removal {
        CronRemoval::Name(name) => run::execute(&store.calls, &sql.remove_cron, &[&bind::<Text, _>(name)]),
        CronRemoval::AllBut { mode, names } => {
            let binds: [&dyn Bind; 2] = [&bind::<SmallInt, _>(*mode as i16), &bind::<Array<Text>, _>(names)];
            run::execute(&store.calls, &sql.remove_other_crons, &binds)
        }
    }
}
