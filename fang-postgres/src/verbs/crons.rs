//! Crons: sync, look, fire, and the calls that manage them.

use super::notify::notices;
use crate::batch::options;
use crate::database::{Database, RowOf};
use crate::row::{cron_info, due_cron, get, instant, span};
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::Statement;
use crate::store::PostgresStore;
use crate::value::{Instant, Value};
use fang_core::StoreError;
use fang_core::notify::{Notice, Topic};
use fang_core::store::{CronInfo, CronRemoval, Crons, MISSED_AFTER, NewCron, Pause, SavedCron, Tick, micros};
use uuid::Uuid;

/// In a transaction, so that processes which change the same cron do so one after the other.
pub(crate) async fn sync<C: Connections>(
    store: &PostgresStore<C>,
    cron: &NewCron,
) -> Result<SavedCron, StoreError> {
    let (db, sql) = (&store.db, &store.db.sql);
    let statements = [
        Statement::count(&sql.cron_lock, &[&cron.name])?,
        Statement::count(&sql.lock_cron, &[&cron.name])?,
        sync_statement(&sql.sync_cron, cron)?,
    ];
    let saved = db.together(Role::Calls, statements).await?.rows;
    if !saved.is_empty() {
        store.notify(Topic::Crons, Notice::Single).await;
        tell_of_ticks(store, Role::Calls, &saved).await?;
        return Ok(SavedCron { last_tick: cron.first, task_id: cron.task.id() });
    }
    let row = db.query_one(Role::Calls, Statement::look(&sql.find_cron, &[&cron.name])?).await?;
    Ok(SavedCron { last_tick: instant(&row, 0)?, task_id: get(&row, 1)? })
}

fn sync_statement<'a>(sql: &'a str, cron: &NewCron) -> Result<Statement<'a>, StoreError> {
    let (task, missed) = (cron.task.row(), cron.cron.missed.as_text());
    let (expires, options) = (task.expires.map(micros), options(&task));
    let missed_after = MISSED_AFTER.num_microseconds().unwrap_or(i64::MAX);
    Statement::rows(
        sql,
        &[
            &cron.name,
            &cron.cron.pattern,
            &cron.cron.time_zone,
            &missed,
            &task.metadata,
            &task.task_type,
            &(task.mode as i16),
            &(task.priority as i16),
            &Instant(cron.first.into()),
            &task.id,
            &expires,
            &options,
            &missed_after,
        ],
    )
}

/// In a transaction with the locks that `sync` and `pause` take.
pub(crate) async fn rename<C: Connections>(
    store: &PostgresStore<C>,
    from: &str,
    cron: &NewCron,
) -> Result<bool, StoreError> {
    let sql = &store.db.sql;
    let statements = [
        Statement::count(&sql.cron_lock, &[&cron.name])?,
        Statement::count(&sql.lock_cron, &[&from])?,
        Statement::count(&sql.rename_cron, &[&from, &cron.name, &cron.task.row().metadata])?,
    ];
    Ok(store.db.together(Role::Calls, statements).await?.count > 0)
}

pub(crate) async fn due<C: Connections>(db: &Database<C>) -> Result<Crons, StoreError> {
    let rows = db.query(Role::Engine, Statement::rows(&db.sql.crons, &[])?).await?;
    let crons = rows.iter().map(due_cron).collect::<Result<Vec<_>, _>>()?;
    Ok(Crons::new(crons.into_iter()))
}

/// Notifies pools of the tasks that these rows of `fire.sql` or `sync_cron.sql` tell of.
async fn tell_of_ticks<C: Connections>(
    store: &PostgresStore<C>,
    role: Role,
    rows: &[RowOf<C>],
) -> Result<(), StoreError> {
    let ticks = rows.iter().map(|row| Ok((get(row, 0)?, span(get(row, 1)?))));
    let ticks = ticks.collect::<Result<Vec<(&str, _)>, StoreError>>()?;
    store.notify_all(role, &notices(ticks.into_iter())).await;
    Ok(())
}

pub(crate) async fn fire<C: Connections>(
    store: &PostgresStore<C>,
    tick: &Tick<'_>,
) -> Result<bool, StoreError> {
    let (db, sql) = (&store.db, &store.db.sql);
    let seen = Instant(tick.seen.into());
    let (late, ids): (Vec<_>, Vec<_>) = tick.late.iter().map(|(at, id)| (Instant((*at).into()), *id)).unzip();
    let Some(next) = tick.next else {
        let end = Statement::count(&sql.end_cron, &[&tick.name, &seen, &late, &ids, &tick.dropped])?;
        return Ok(db.execute(Role::Engine, end).await? > 0);
    };
    let next = Instant(next.into());
    let params: [&dyn Value; 7] = [&tick.name, &seen, &next, &tick.id, &late, &ids, &tick.dropped];
    let fired = db.query(Role::Engine, Statement::rows(&sql.fire, &params)?).await?;
    tell_of_ticks(store, Role::Engine, &fired).await?;
    Ok(!fired.is_empty())
}

pub(crate) async fn list<C: Connections>(db: &Database<C>) -> Result<Vec<CronInfo>, StoreError> {
    let rows = db.query(Role::Calls, Statement::look(&db.sql.list_crons, &[])?).await?;
    rows.iter().map(cron_info).collect()
}

/// Begins in a transaction, so that the task it removes is that of the last tick.
pub(crate) async fn pause<C: Connections>(
    store: &PostgresStore<C>,
    name: &str,
    pause: Pause,
) -> Result<bool, StoreError> {
    let (db, sql) = (&store.db, &store.db.sql);
    match pause {
        Pause::Begin => {
            let statements =
                [Statement::count(&sql.lock_cron, &[&name])?, Statement::count(&sql.pause_cron, &[&name])?];
            Ok(db.together(Role::Calls, statements).await?.count > 0)
        }
        Pause::End => {
            let resumed = db.execute(Role::Calls, Statement::count(&sql.resume_cron, &[&name])?).await? > 0;
            store.notify(Topic::Crons, Notice::Single).await;
            Ok(resumed)
        }
    }
}

pub(crate) async fn run<C: Connections>(
    store: &PostgresStore<C>,
    name: &str,
    id: Uuid,
) -> Result<bool, StoreError> {
    let statement = Statement::rows(&store.db.sql.run_cron, &[&name, &id])?;
    let rows = store.db.query(Role::Calls, statement).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    store.notify(Topic::task_type(get(row, 0)?), Notice::Single).await;
    Ok(true)
}

pub(crate) async fn remove<C: Connections>(
    db: &Database<C>,
    removal: &CronRemoval,
) -> Result<u64, StoreError> {
    let statement = match removal {
        CronRemoval::Name(name) => Statement::count(&db.sql.remove_cron, &[name]),
        CronRemoval::AllBut { mode, names } => {
            Statement::count(&db.sql.remove_other_crons, &[&(*mode as i16), names])
        }
    };
    db.execute(Role::Calls, statement?).await
}
