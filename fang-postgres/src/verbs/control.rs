//! Retry, reschedule, cancel, pause.

use super::admin;
use crate::database::Database;
use crate::refused::ManyRows;
use crate::row::get;
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::{Statement, Wanted};
use crate::store::PostgresStore;
use crate::value::Instant as SqlInstant;
use fang_core::new_task::Due;
use fang_core::notify::{Notice, Topic};
use fang_core::store::{Change, ChangeOutcome, Pause, Removal, WorkerId, micros};
use fang_core::{Priority, StoreError};
use std::time::{Duration, Instant};
use uuid::Uuid;

pub(crate) async fn change<C: Connections>(
    store: &PostgresStore<C>,
    id: Uuid,
    change: Change,
) -> Result<ChangeOutcome, StoreError> {
    let is_changed = match change {
        Change::Retry => retry(store, id).await?,
        Change::Cancel => return cancel(store, id).await,
        Change::Remove => admin::remove(&store.db, &Removal::Id(id)).await? > 0,
        Change::Reschedule(due) => reschedule(store, id, due).await?,
        Change::Priority(priority) => set_priority(store, id, priority).await?,
    };
    Ok(is_changed.into())
}

async fn retry<C: Connections>(store: &PostgresStore<C>, id: Uuid) -> Result<bool, StoreError> {
    let statement = Statement::rows(&store.db.sql.retry, &[&id])?;
    let rows = store.db.query_reviving(Role::Calls, statement).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    store.notify(Topic::task_type(get(row, 0)?), Notice::Single).await;
    Ok(true)
}

async fn reschedule<C: Connections>(
    store: &PostgresStore<C>,
    id: Uuid,
    due: Due,
) -> Result<bool, StoreError> {
    let (delay, at) = match due {
        Due::After(delay) => (micros(delay), None),
        Due::At(at) => (0, Some(SqlInstant(at.into()))),
    };
    let statement = Statement::rows(&store.db.sql.reschedule, &[&id, &delay, &at])?;
    let rows = store.db.query(Role::Calls, statement).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    store.notify(Topic::task_type(get(row, 0)?), notice(due)).await;
    if due.may_be_now() {
        // The new time may be long past, and then before the scan floor.
        store.notify_each_time(Role::Calls, &Topic::CameBack).await;
    }
    Ok(true)
}

/// The notice for a waiting task that becomes due then. By the clock of the server, an instant may be now.
pub(crate) fn notice(due: Due) -> Notice {
    match due {
        Due::After(delay) => Notice::due_in(delay),
        Due::At(_) => Notice::Single,
    }
}

async fn set_priority<C: Connections>(
    store: &PostgresStore<C>,
    id: Uuid,
    priority: Priority,
) -> Result<bool, StoreError> {
    let statement = Statement::count(&store.db.sql.set_priority, &[&id, &(priority as i16)])?;
    let is_set = store.db.execute(Role::Calls, statement).await? > 0;
    if is_set {
        // It keeps its time in another scan range, and may be before the scan floor there.
        store.notify_each_time(Role::Calls, &Topic::CameBack).await;
    }
    Ok(is_set)
}

async fn cancel<C: Connections>(store: &PostgresStore<C>, id: Uuid) -> Result<ChangeOutcome, StoreError> {
    let row = store.db.query_one(Role::Calls, Statement::rows(&store.db.sql.cancel, &[&id])?).await?;
    if let Some(worker) = get::<Option<i64>>(&row, 1)? {
        store.notify_each_time(Role::Calls, &Topic::Cancelled(WorkerId(worker))).await;
    }
    Ok(match (get(&row, 0)?, get(&row, 2)?) {
        (_, true) => ChangeOutcome::Done,
        (true, false) => ChangeOutcome::Asked,
        (false, false) => ChangeOutcome::Missed,
    })
}

pub(crate) async fn cancellations<C: Connections>(
    db: &Database<C>,
    worker: WorkerId,
) -> Result<Vec<(Uuid, i32)>, StoreError> {
    let many = ManyRows {
        role: Role::Heart,
        sql: &db.sql.cancellations,
        params: &[&worker.0],
        wanted: Wanted::Rows,
        ids: (&db.sql.cancelled, &[]),
        began: Instant::now(),
    };
    let rows = db.run_many(&many).await?.into_iter().flat_map(|answer| answer.rows);
    rows.map(|row| Ok((get(&row, 0)?, get(&row, 1)?))).collect()
}

pub(crate) async fn pause<C: Connections>(
    store: &PostgresStore<C>,
    task_type: &str,
    pause: Pause,
) -> Result<bool, StoreError> {
    let sql = match pause {
        Pause::Begin => &store.db.sql.pause,
        Pause::End => &store.db.sql.resume,
    };
    let is_changed = store.db.execute(Role::Calls, Statement::count(sql, &[&task_type])?).await? > 0;
    if pause == Pause::End {
        store.notify(Topic::task_type(task_type), Notice::Single).await;
    }
    Ok(is_changed)
}

/// Moves every instant back, and tells the pools that tasks and crons may be due.
pub(crate) async fn turn<C: Connections>(store: &PostgresStore<C>, by: Duration) -> Result<(), StoreError> {
    let statement = Statement::rows(&store.db.sql.turn, &[&micros(by)])?;
    let rows = store.db.query(Role::Calls, statement).await?;
    store.notify_each_time(Role::Calls, &Topic::CameBack).await;
    store.notify_each_time(Role::Calls, &Topic::Crons).await;
    for row in &rows {
        store.notify_each_time(Role::Calls, &Topic::task_type(get(row, 0)?)).await;
    }
    Ok(())
}
