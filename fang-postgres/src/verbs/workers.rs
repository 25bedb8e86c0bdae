//! Register, heartbeat, rescue, prune, unserved.

use crate::database::{Database, RowOf};
use crate::migrations;
use crate::refused::ManyRows;
use crate::row::{get, only, read_rescued, reported_beat};
use crate::session::Connections;
use crate::settings::Role;
use crate::spare::Crowd;
use crate::statement::{Statement, Wanted};
use crate::store::PostgresStore;
use fang_core::StoreError;
use fang_core::error::Nature;
use fang_core::notify::Topic;
use fang_core::store::{
    Asked, Counts, Disown, Report, ReportedBeat, Rescue, Rescued, Unserved, UnservedType, WorkerId, micros,
};
use fang_core::task::Mode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// After a restore, or on a server that was a logical replica, the sequence of the ids may be behind the rows.
pub(crate) async fn register<C: Connections>(db: &Database<C>, info: &str) -> Result<WorkerId, StoreError> {
    match try_register(db, info).await {
        Ok((worker, false)) => return Ok(worker),
        Ok((used_before, true)) => retire(db, used_before, &Report::default()).await?,
        Err(error) if error.nature() == Nature::Data => {}
        Err(error) => return Err(error),
    }
    let table = db.schema.qualify("fang_workers");
    db.query_one(Role::Heart, Statement::rows(&db.sql.raise_worker_id, &[&table])?).await?;
    try_register(db, info).await.map(|(worker, _)| worker)
}

/// Returns the new id, and whether the sequence of the ids is behind the rows.
async fn try_register<C: Connections>(db: &Database<C>, info: &str) -> Result<(WorkerId, bool), StoreError> {
    let keeps = db.connections.keeps_heart();
    let register = Statement::rows(&db.sql.register, &[&info, &keeps])?;
    let row = only(db.while_connected(Role::Heart, register).await?.rows)?;
    Ok((WorkerId(get(&row, 0)?), get(&row, 2)?))
}

pub(crate) async fn heartbeat<C: Connections>(
    db: &Database<C>,
    worker: WorkerId,
    lease: Duration,
    report: &Report,
) -> Result<ReportedBeat, StoreError> {
    let row = beat(db, worker, lease, report).await?;
    if get(&row, 6)? {
        restore(db).await?;
    }
    let brought_back: i64 = get(&row, 7)?;
    if brought_back > 0 {
        log::warn!(
            "the clock of the database was ahead and went back; {brought_back} workers had beaten in the future, and \
             their leases begin now"
        );
    }
    if brought_back > 0 || get(&row, 8)? {
        db.clock_was_ahead.store(true, Ordering::SeqCst);
    }
    if let (Some(slots), Some(open)) = (get(&row, 12)?, get(&row, 13)?) {
        let crowd = Crowd { slots, open, pools: get(&row, 14)? };
        db.pools_fill_it.store(!crowd.is_small(), Ordering::SeqCst);
        let kept = db.connections.kept();
        db.connections.keep(kept.after(crowd));
        if kept.heart && !db.connections.kept().heart {
            // Tells others over the connection that is closed afterwards. If it fails, the next beat tells them.
            let _ = beat(db, worker, lease, report).await;
        }
    }
    reported_beat(&row)
}

/// Sends a beat. Returns the row of `heartbeat.sql`.
async fn beat<C: Connections>(
    db: &Database<C>,
    worker: WorkerId,
    lease: Duration,
    report: &Report,
) -> Result<RowOf<C>, StoreError> {
    let keeps = db.connections.keeps_heart();
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let (workers, busy) = (number(report.workers), number(report.busy));
    let (told, done) = (told(report), report.done.map(Asked::as_str));
    // A pooler has connections of its own.
    let asks = !db.connections.is_pooled();
    let statement = Statement::rows(
        &db.sql.heartbeat,
        &[&worker.0, &micros(lease), &keeps, &workers, &busy, &report.is_quiet, &told, &done, &asks],
    )?;
    db.query_one(Role::Heart, statement).await
}

/// The counts of a report as JSON.
fn told(report: &Report) -> Option<String> {
    report.counts.as_ref().map(Counts::to_json)
}

/// Without this row no worker would ever be declared dead.
async fn restore<C: Connections>(db: &Database<C>) -> Result<(), StoreError> {
    let table = db.schema.qualify("fang_meta");
    let statement = Statement::rows(&db.sql.restore_meta, &[&migrations::VERSION, &table])?;
    let row = db.query_one(Role::Heart, statement).await?;
    // Another pool may have put it back first.
    if get(&row, 1)? {
        log::warn!(
            "the row of fang_meta was missing, as after a restore without data; it is back, and silent workers are \
             declared dead again after a lease"
        );
    }
    Ok(())
}

pub(crate) async fn retire<C: Connections>(
    db: &Database<C>,
    worker: WorkerId,
    report: &Report,
) -> Result<(), StoreError> {
    let statement = Statement::rows(&db.sql.retire, &[&worker.0, &told(report)])?;
    db.query(Role::Heart, statement).await.map(|_| ())
}

pub(crate) async fn disown<C: Connections>(
    store: &PostgresStore<C>,
    Disown { worker, known, by_heart }: &Disown<'_>,
) -> Result<u64, StoreError> {
    let (ids, leases): (Vec<Uuid>, Vec<i32>) = known.iter().copied().unzip();
    let (role, sql) = (if *by_heart { Role::Heart } else { Role::Engine }, &store.db.sql);
    let many = ManyRows {
        role,
        sql: &sql.disown,
        params: &[&worker.0, &ids, &leases],
        wanted: Wanted::Count,
        ids: (&sql.running, &[]),
        began: Instant::now(),
    };
    let given_back = store.db.count_many(&many).await?;
    if given_back > 0 {
        store.notify_each_time(role, &Topic::CameBack).await;
    }
    Ok(given_back)
}

pub(crate) async fn unlist_unknown<C: Connections>(
    db: &Database<C>,
    worker: WorkerId,
    known: &[(Uuid, i32)],
) -> Result<u64, StoreError> {
    let (ids, leases): (Vec<Uuid>, Vec<i32>) = known.iter().copied().unzip();
    let statement =
        Statement::count(&db.sql.unlist_unknown, &[&worker.0, &ids, &leases, &db.first.transaction()])?;
    db.execute(Role::Engine, statement).await
}

pub(crate) async fn suspect<C: Connections>(
    db: &Database<C>,
    worker: WorkerId,
    id: Uuid,
    lease: i32,
) -> Result<bool, StoreError> {
    let statement = Statement::count(&db.sql.suspect, &[&id, &lease, &worker.0])?;
    Ok(db.execute(Role::Engine, statement).await? > 0)
}

/// Runs three statements that may be repeated: a second process that sends them at the same time finds less to do.
pub(crate) async fn rescue<C: Connections>(
    store: &PostgresStore<C>,
    rescue: &Rescue,
) -> Result<Rescued, StoreError> {
    let (db, sql) = (&store.db, &store.db.sql);
    let (lease, by) = (micros(rescue.lease), rescue.by.map(|by| by.0));
    let buried = db.execute(Role::Heart, Statement::count(&sql.bury, &[&lease, &by])?).await?;
    let listed = ManyRows {
        role: Role::Heart,
        sql: &sql.write_claims_of_dead,
        params: &[],
        wanted: Wanted::Count,
        ids: (&sql.listed, &[]),
        began: Instant::now(),
    };
    db.count_many(&listed).await?;
    let lost = ManyRows {
        sql: &sql.rescue,
        params: &[&lease, &rescue.max_crashes],
        wanted: Wanted::Rows,
        ids: (&sql.running, &[]),
        began: Instant::now(),
        ..listed
    };
    let rows = db.run_many(&lost).await?.into_iter().flat_map(|answer| answer.rows);
    let tasks = rows.map(|row| read_rescued(&row)).collect::<Result<_, _>>()?;
    let rescued = Rescued { buried, tasks };
    if rescued.retried() > 0 {
        store.notify_each_time(Role::Heart, &Topic::CameBack).await;
    }
    Ok(rescued)
}

pub(crate) async fn unserved<C: Connections>(
    db: &Database<C>,
    from: &str,
    limit: u32,
) -> Result<Unserved, StoreError> {
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let rows = db.query_by_index(Statement::rows(&db.sql.unserved, &[&from, &limit])?).await?;
    let mut found = Unserved::default();
    for row in &rows {
        let task_type: String = get(row, 1)?;
        match get(row, 0)? {
            "unserved" => {
                let mode = Mode::from_number(get(row, 2)?).unwrap_or(Mode::Any);
                found.unserved.push(UnservedType { task_type, mode });
            }
            "served" => found.served.push(task_type),
            "open" => found.is_open = true,
            _ => found.next = Some(task_type),
        }
    }
    Ok(found)
}
