//! Changes of all tasks that match a filter, batch by batch.

use super::control::notice;
use super::page::{FilterColumns, Reader};
use crate::refused::ManyRows;
use crate::row::get;
use crate::session::Connections;
use crate::sql::Statements;
use crate::statement::{Statement, Wanted};
use crate::store::PostgresStore;
use crate::value::{Instant as SqlInstant, Value};
use fang_core::StoreError;
use fang_core::new_task::Due;
use fang_core::notify::{Notice, Topic};
use fang_core::store::{CHANGE_BATCH, Change, ChangeMany, Changed, WorkerId, micros};
use std::collections::BTreeSet;
use std::time::Instant;
use uuid::Uuid;

/// What the statements of a batch changed. There may be several if the server refused to change some rows.
#[derive(Default)]
struct Outcome {
    tasks: u64,
    task_types: BTreeSet<String>,
    workers: BTreeSet<i64>,
}

pub(crate) async fn change_many<C: Connections>(
    store: &PostgresStore<C>,
    batch: &ChangeMany<'_>,
) -> Result<Changed, StoreError> {
    let (ids, found) = look(&mut &*store.db, &store.db.sql, batch).await?;
    if ids.is_empty() {
        return Ok(found);
    }
    let outcome = change(store, batch, &ids).await?;
    tell(store, batch.change, &outcome).await;
    Ok(Changed { changed: outcome.tasks, ..found })
}

/// Looks for the tasks of a batch.
async fn look(
    reader: &mut impl Reader,
    sql: &Statements,
    batch: &ChangeMany<'_>,
) -> Result<(Vec<Uuid>, Changed), StoreError> {
    let mut found = Changed::default();
    let Some(first) = oldest_behind(batch.after) else { return Ok((Vec::new(), found)) };
    let columns = FilterColumns::new(batch.filter, |state| batch.change.fits(state))
        .unchanged_since(SqlInstant(batch.unchanged_since.into()));
    let limit = i64::from(batch.limit.clamp(1, CHANGE_BATCH));
    let statement = Statement::rows(&sql.look_oldest, &columns.and(&[&first, &limit]))?;
    let rows = reader.rows(statement).await?;
    let mut ids = Vec::with_capacity(rows.len());
    for row in &rows {
        if get(row, 1)? {
            ids.push(get(row, 0)?);
        }
        found.next = Some(get(row, 0)?);
        found.looked = get::<i64>(row, 2)?.unsigned_abs();
        if get(row, 3)? && found.looked < fang_core::store::MAX_LOOK {
            found.next = None;
        }
    }
    found.matched = ids.len() as u64;
    Ok((ids, found))
}

/// The least id behind this one.
fn oldest_behind(id: Option<Uuid>) -> Option<Uuid> {
    match id {
        Some(id) => id.as_u128().checked_add(1).map(Uuid::from_u128),
        None => Some(Uuid::nil()),
    }
}

async fn change<C: Connections>(
    store: &PostgresStore<C>,
    batch: &ChangeMany<'_>,
    ids: &[Uuid],
) -> Result<Outcome, StoreError> {
    let (db, sql) = (&store.db, &store.db.sql);
    let (ids, since) = (ids.to_vec(), SqlInstant(batch.unchanged_since.into()));
    let mut params: Vec<&dyn Value> = vec![&ids, &since];
    let (time, number);
    let sql_of_change = match batch.change {
        Change::Retry => &sql.change_retry,
        Change::Cancel => &sql.change_cancel,
        Change::Remove => &sql.change_remove,
        Change::Reschedule(due) => {
            time = match due {
                Due::After(delay) => (micros(delay), None),
                Due::At(at) => (0, Some(SqlInstant(at.into()))),
            };
            params.extend([&time.0 as &dyn Value, &time.1]);
            &sql.change_time
        }
        Change::Priority(priority) => {
            number = priority as i16;
            params.push(&number);
            &sql.change_priority
        }
    };
    let many = ManyRows {
        role: db.calls,
        sql: sql_of_change,
        params: &params,
        wanted: Wanted::Rows,
        ids: (&sql.change_ids, &params[..1]),
        began: Instant::now(),
    };
    let mut outcome = Outcome::default();
    for row in db.run_many(&many).await?.iter().flat_map(|answer| &answer.rows) {
        outcome.tasks += get::<i64>(row, 0)?.unsigned_abs();
        outcome.task_types.extend(get::<Vec<String>>(row, 1)?);
        outcome.workers.extend(get::<Vec<i64>>(row, 2)?);
    }
    Ok(outcome)
}

/// Notifies pools, as the calls for single tasks do.
async fn tell<C: Connections>(store: &PostgresStore<C>, change: Change, outcome: &Outcome) {
    let notice = if let Change::Reschedule(due) = change { notice(due) } else { Notice::Single };
    let task_types = outcome.task_types.iter().map(|name| (Topic::task_type(name), notice));
    store.notify_all(store.db.calls, &task_types.collect()).await;
    for worker in &outcome.workers {
        store.notify_each_time(store.db.calls, &Topic::Cancelled(WorkerId(*worker))).await;
    }
    let may_be_before_floors = match change {
        Change::Reschedule(due) => due.may_be_now(),
        Change::Priority(_) => true,
        _ => false,
    };
    if outcome.tasks > 0 && may_be_before_floors {
        // The tasks may be before the scan floors now.
        store.notify_each_time(store.db.calls, &Topic::CameBack).await;
    }
}
