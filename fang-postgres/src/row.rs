//! Conversions from rows to values.

use crate::answers::InTable;
use crate::value::{Instant, Tid, Typed};
use chrono::{DateTime, Utc};
use fang_core::StoreError;
use fang_core::failure::read_failures;
use fang_core::options::Options;
use fang_core::schedule::{Cron, Missed};
use fang_core::store::{
    Asked, Beat, Claimed, CronInfo, DbInstant, DueCron, LockedTask, ReportedBeat, RescuedTask,
};
use fang_core::task::{FangTaskState, Mode, Priority, Task};
use postgres_types::FromSql;
use std::time::Duration;

type Read<T> = Result<T, StoreError>;

/// A row as the server sent it: columns in the binary format.
pub trait Row {
    /// The bytes of a column, unless it is null.
    ///
    /// # Errors
    /// When there is no such column.
    fn raw(&self, index: usize) -> Result<Option<&[u8]>, StoreError>;
}

/// Reads the value of a column.
pub(crate) fn get<'r, T: FromSql<'r> + Typed>(row: &'r impl Row, index: usize) -> Read<T> {
    let value = T::from_sql_nullable(&T::TYPE, row.raw(index)?);
    value.map_err(|error| StoreError::unreachable(format!("column {index} cannot be read: {error}").into()))
}

/// Reads a column of texts.
pub(crate) fn texts(rows: &[impl Row], index: usize) -> Read<Vec<String>> {
    rows.iter().map(|row| get(row, index)).collect()
}

/// The single row of an answer.
pub(crate) fn only<R>(rows: Vec<R>) -> Read<R> {
    rows.into_iter().next().ok_or_else(|| StoreError::unreachable("the server sent no row".into()))
}

fn db_instant(row: &impl Row, index: usize) -> Read<DbInstant> {
    Ok(get::<Instant>(row, index)?.0)
}

/// Reads an instant. Infinities become the nearest instants of the calendar.
pub(crate) fn instant(row: &impl Row, index: usize) -> Read<DateTime<Utc>> {
    Ok(db_instant(row, index)?.to_datetime())
}

fn maybe_instant(row: &impl Row, index: usize) -> Read<Option<DateTime<Utc>>> {
    Ok(get::<Option<Instant>>(row, index)?.map(|at| at.0.to_datetime()))
}

pub(crate) fn span(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// Reads id and instants, from this column on.
fn saved(row: &impl Row, first: usize) -> Read<InTable> {
    Ok(InTable::saved(get(row, first)?, db_instant(row, first + 1)?, db_instant(row, first + 2)?))
}

/// A row of `insert.sql`.
pub(crate) fn inserted(row: &impl Row) -> Read<InTable> {
    saved(row, 0)
}

/// A row of `insert_unique.sql`.
pub(crate) fn answered(row: &impl Row) -> Read<InTable> {
    Ok(saved(row, 1)?.for_insert_of(get(row, 0)?))
}

/// A row of `duplicates.sql`.
pub(crate) fn duplicate(row: &impl Row) -> Read<InTable> {
    let saved = InTable::saved(get(row, 0)?, db_instant(row, 3)?, db_instant(row, 4)?);
    Ok(InTable { uniq_hash: get(row, 1)?, waits: get(row, 2)?, ..saved })
}

/// A row of `claim.sql`.
pub(crate) fn claimed(row: &impl Row) -> Read<Claimed> {
    let options = Options::read(get(row, 9)?);
    Ok(Claimed {
        id: get(row, 0)?,
        lease: get(row, 1)?,
        retries: get(row, 2)?,
        crashes: get(row, 3)?,
        metadata: get(row, 4)?,
        mode: mode(row, 5)?,
        priority: priority(row, 6)?,
        scheduled_at: db_instant(row, 7)?,
        unknown_for: get::<Option<f64>>(row, 8)?.map(span),
        max_retries: options.max_retries,
        keep: options.keep(),
        headers: options.headers,
        expired_at: get::<Option<Instant>>(row, 10)?.map(|at| at.0),
    })
}

/// A row of `lock_claim.sql`. The column with the transaction is read elsewhere.
pub(crate) fn locked(row: &impl Row) -> Read<LockedTask> {
    Ok(LockedTask { task: claimed(row)?, place: get::<Tid>(row, 11)?.0, is_apart: get(row, 12)? })
}

/// A row of `find.sql` or `list.sql`.
pub(crate) fn task(row: &impl Row) -> Read<Task> {
    let mut task = Task::read(get(row, 0)?, get(row, 1)?);
    task.error_message = get(row, 2)?;
    task.state = FangTaskState::from_label(get(row, 3)?).unwrap_or(FangTaskState::Failed);
    task.task_type = get(row, 4)?;
    task.uniq_hash = get(row, 5)?;
    task.retries = get(row, 6)?;
    task.scheduled_at = instant(row, 7)?;
    task.created_at = instant(row, 8)?;
    task.updated_at = instant(row, 9)?;
    task.mode = mode(row, 10)?;
    task.priority = priority(row, 11)?;
    task.lease = get(row, 12)?;
    task.crashes = get(row, 13)?;
    let options = Options::read(get(row, 14)?);
    (task.max_retries, task.keep) = (options.max_retries, options.keep());
    (task.tags, task.headers) = (options.tags, options.headers);
    task.failures = read_failures(get(row, 15)?);
    (task.expires_at, task.keep_until) = (maybe_instant(row, 16)?, maybe_instant(row, 17)?);
    Ok(task)
}

/// A row of `heartbeat.sql`.
pub(crate) fn reported_beat(row: &impl Row) -> Read<ReportedBeat> {
    let asked = get::<Option<&str>>(row, 11)?.and_then(Asked::from_name);
    let answer = ReportedBeat::without_report(beat(row)?).saved(get(row, 9)?);
    Ok(answer.minute_is_due(get(row, 10)?).asked(asked))
}

fn beat(row: &impl Row) -> Read<Beat> {
    Ok(Beat {
        is_alive: get(row, 0)?,
        has_suspects: get(row, 1)?,
        silent_for: span(get(row, 2)?),
        well_for: span(get(row, 3)?),
        has_cancellations: get(row, 4)?,
        suspect_after: get::<Option<f64>>(row, 5)?.map(span),
    })
}

/// A row of `crons.sql`.
pub(crate) fn due_cron(row: &impl Row) -> Read<DueCron> {
    Ok(DueCron {
        now: instant(row, 0)?,
        name: get(row, 1)?,
        cron: cron(row, 2)?,
        last_tick: instant(row, 5)?,
        task_id: get(row, 6)?,
        ticked_at: instant(row, 7)?,
    })
}

/// A row of `list_crons.sql`.
pub(crate) fn cron_info(row: &impl Row) -> Read<CronInfo> {
    Ok(CronInfo {
        name: get(row, 0)?,
        cron: cron(row, 1)?,
        task_type: get(row, 4)?,
        mode: mode(row, 5)?,
        priority: priority(row, 6)?,
        next_tick: instant(row, 7)?,
        created_at: instant(row, 8)?,
        paused_at: maybe_instant(row, 9)?,
        payload: get::<String>(row, 10)?.into(),
        expires: get::<Option<i64>>(row, 11)?.map(|micros| Duration::from_micros(micros.unsigned_abs())),
        options: Options::read(get::<Option<&str>>(row, 12)?),
    })
}

/// Reads pattern, time zone and policy, from this column on.
fn cron(row: &impl Row, first: usize) -> Read<Cron> {
    let cron = Cron::new(get::<String>(row, first)?).time_zone(get::<String>(row, first + 1)?);
    Ok(cron.missed(Missed::from_text(get(row, first + 2)?)))
}

/// Reads a task that was taken back from a dead worker.
pub(crate) fn read_rescued(row: &impl Row) -> Read<RescuedTask> {
    Ok(RescuedTask {
        id: get(row, 0)?,
        kind: get(row, 1)?,
        task_type: get(row, 2)?,
        mode: mode(row, 3)?,
        retries: get(row, 4)?,
        error: get(row, 5)?,
    })
}

fn mode(row: &impl Row, index: usize) -> Read<Mode> {
    Ok(Mode::from_number(get(row, index)?).unwrap_or(Mode::Any))
}

fn priority(row: &impl Row, index: usize) -> Read<Priority> {
    Ok(Priority::from_number(get(row, index)?))
}
