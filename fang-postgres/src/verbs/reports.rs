//! What workers have told, and what they are asked to do.

use crate::database::Database;
use crate::row::{Row, get, instant, only, span};
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::Statement;
use crate::store::PostgresStore;
use crate::value::Instant;
use fang_core::StoreError;
use fang_core::notify::Topic;
use fang_core::store::{
    Asked, By, Counts, Depth, Minute, Minutes, PausedType, Per, WorkerId, WorkerInfo, WorkerRow,
};

/// A transaction gathers from at most so many workers, whose beats wait for it.
const GATHERED_AT_ONCE: i64 = 20;
/// A call makes at most so many transactions, so that the heart is soon back. The next beat gathers the rest.
const GATHERINGS: u32 = 10;

pub(crate) async fn gather<C: Connections>(db: &Database<C>) -> Result<bool, StoreError> {
    let mut has_gathered = false;
    for _ in 0..GATHERINGS {
        let statement = Statement::rows(&db.sql.gather, &[&GATHERED_AT_ONCE])?;
        let row = only(db.query(Role::Heart, statement).await?)?;
        has_gathered |= get::<bool>(&row, 0)?;
        if !get::<bool>(&row, 1)? {
            break;
        }
    }
    Ok(has_gathered)
}

pub(crate) async fn workers<C: Connections>(
    db: &Database<C>,
    after: Option<WorkerId>,
    limit: u32,
) -> Result<Vec<WorkerInfo>, StoreError> {
    let after = after.map_or(i64::MIN, |after| after.0);
    let statement = Statement::look(&db.sql.workers, &[&after, &i64::from(limit)])?;
    db.query(db.calls, statement).await?.iter().map(worker).collect()
}

/// A row of `workers.sql`.
fn worker(row: &impl Row) -> Result<WorkerInfo, StoreError> {
    let number = |column| {
        get::<Option<i32>>(row, column).map(|number| number.map(|number| number.max(0).unsigned_abs()))
    };
    let counts =
        |column| get::<Option<&str>>(row, column).map(|json| json.map(Counts::from_json).unwrap_or_default());
    let (workers, busy) = (number(6)?, number(7)?);
    let is_quiet: Option<bool> = get(row, 8)?;
    let row = WorkerRow {
        id: WorkerId(get(row, 0)?),
        info: get(row, 1)?,
        started_at: instant(row, 2)?,
        beat_at: instant(row, 3)?,
        silent_for: span(get(row, 4)?),
        is_dead: get(row, 5)?,
        is_lost: get(row, 12)?,
        load: workers.map(|workers| (workers, busy.unwrap_or_default(), is_quiet.unwrap_or_default())),
        asked: get::<Option<&str>>(row, 9)?.and_then(Asked::from_name),
        told: counts(10)?,
        gathered: counts(11)?,
    };
    Ok(row.read())
}

pub(crate) async fn minutes<C: Connections>(
    db: &Database<C>,
    page: &Minutes<'_>,
) -> Result<Vec<Minute>, StoreError> {
    let (after, name) = page.after.unzip();
    let (from, after) = (Instant(page.from.into()), after.map(|after| Instant(after.into())));
    let limit = i64::from(page.limit);
    let (is_kind, is_hour) = (page.by == By::Kind, page.per == Per::Hour);
    let statement = Statement::look(&db.sql.minutes, &[&from, &after, &name, &limit, &is_kind, &is_hour])?;
    let rows = db.query(db.calls, statement).await?;
    let minutes = rows.iter().map(|row| {
        let tally = Counts::tally_from_json(get(row, 2)?);
        Ok(Minute { at: instant(row, 0)?, name: get(row, 1)?, tally })
    });
    minutes.collect()
}

pub(crate) async fn paused_types<C: Connections>(db: &Database<C>) -> Result<Vec<PausedType>, StoreError> {
    let statement = Statement::look(&db.sql.paused_types, &[&i64::from(Depth::TASK_TYPES)])?;
    let rows = db.query(db.calls, statement).await?;
    rows.iter().map(|row| Ok(PausedType { task_type: get(row, 0)?, paused_at: instant(row, 1)? })).collect()
}

pub(crate) async fn ask_worker<C: Connections>(
    store: &PostgresStore<C>,
    worker: WorkerId,
    asked: Asked,
) -> Result<bool, StoreError> {
    let statement = Statement::count(&store.db.sql.ask_worker, &[&worker.0, &asked.as_str()])?;
    let is_asked = store.db.execute(Role::Calls, statement).await? > 0;
    if is_asked {
        store.notify_each_time(Role::Calls, &Topic::Asked(worker)).await;
    }
    Ok(is_asked)
}
