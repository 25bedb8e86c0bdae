//! Prune: removes what is over, and brings back what was inserted while the clock of the server was ahead.

use crate::database::Database;
use crate::refused::ManyRows;
use crate::row::get;
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::{Statement, Wanted};
use crate::store::PostgresStore;
use crate::value::Value;
use fang_core::StoreError;
use fang_core::notify::Topic;
use fang_core::store::{Prune, micros};
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Each step is tried, whatever becomes of the others, so that rows of one table that the server refuses to remove do not
/// fill the other tables.
pub(crate) async fn prune<C: Connections>(
    store: &PostgresStore<C>,
    prune: &Prune,
) -> Result<u64, StoreError> {
    let (db, limit) = (&store.db, i64::from(prune.limit));
    let small_tables = [
        (&db.sql.prune_lists, "fang_lock_claims"),
        // A worker is removed after its lists.
        (&db.sql.prune_workers, "fang_workers"),
        (&db.sql.prune_minutes, "fang_minutes"),
    ];
    let mut small = Ok(());
    for (sql, table) in small_tables {
        if let Err(error) = db.change_rows(sql, table, (limit, u64::MAX)).await {
            db.refused.tell_of_whole_table(table, &error);
            small = Err(error);
        }
    }
    // The caller repeats the call for these, as for tasks.
    let periods = db.change_rows(&db.sql.prune_unique, "fang_unique", (limit, prune.limit.into())).await;
    let kept = change_many(db, &db.sql.prune_kept, &[&limit], &db.sql.kept).await;
    let ended = match prune.older_than {
        Some(age) => change_many(db, &db.sql.prune_tasks, &[&micros(age), &limit], &db.sql.ended).await,
        None => Ok(0),
    };
    if let Err(error) = bring_back(store, limit).await {
        log::warn!("tasks from the future could not be brought back; the next prune tries again: {error}");
    }
    let removed = periods? + kept? + ended?;
    // What was removed counts, whatever became of the small tables.
    if removed > 0 { Ok(removed) } else { small.map(|()| 0) }
}

/// Brings back what was inserted while the clock of the server was ahead, once a beat has told that it was.
async fn bring_back<C: Connections>(store: &PostgresStore<C>, limit: i64) -> Result<(), StoreError> {
    let (db, sql) = (&store.db, &store.db.sql);
    if !db.clock_was_ahead.load(Ordering::SeqCst) {
        return Ok(());
    }
    while bring_back_tasks(store, limit).await? > 0 {}
    db.change_rows(&sql.bring_back_periods, "fang_unique", (limit, u64::MAX)).await?;
    let left_out = db.refused.left_out(Instant::now());
    let row = db.query_one(Role::Engine, Statement::rows(&sql.all_is_back, &[&left_out])?).await?;
    db.clock_was_ahead.store(!get::<bool>(&row, 0)?, Ordering::SeqCst);
    Ok(())
}

async fn bring_back_tasks<C: Connections>(store: &PostgresStore<C>, limit: i64) -> Result<u64, StoreError> {
    let (db, sql) = (&store.db, &store.db.sql);
    let tasks = change_many(db, &sql.bring_back, &[&limit], &sql.ahead).await?;
    if tasks > 0 {
        log::warn!("{tasks} tasks were inserted while the clock of the database was ahead; they are due now");
        store.notify_each_time(Role::Engine, &Topic::CameBack).await;
    }
    Ok(tasks)
}

/// Changes or removes tasks by a statement whose rows `ids` selects.
async fn change_many<C: Connections>(
    db: &Database<C>,
    sql: &str,
    params: &[&dyn Value],
    ids: &str,
) -> Result<u64, StoreError> {
    let ids = (ids, params);
    db.count_many(&ManyRows {
        role: Role::Engine,
        sql,
        params,
        wanted: Wanted::Count,
        ids,
        began: Instant::now(),
    })
    .await
}
