//! Between rows and values.

use super::error::store_error;
use bytes::BytesMut;
use chrono::{DateTime, Utc};
use fang_core::StoreError;
use fang_core::failure::read_failures;
use fang_core::options::Options;
use fang_core::schedule::{Cron, Missed};
use fang_core::sql::columns::InTable;
use fang_core::store::{Claimed, CronInfo, DbInstant, DueCron, Place};
use fang_core::task::{FangTaskState, Mode, Priority, Task, read_metadata};
use std::error::Error;
use std::fmt;
use std::time::Duration;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

/// An instant as the wire has it, infinities included: chrono's conversion refuses those, and one
/// such row would cost a whole batch.
#[derive(Debug)]
pub(super) struct Instant(pub(super) DbInstant);

impl<'a> FromSql<'a> for Instant {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(DbInstant(i64::from_be_bytes(raw.try_into()?))))
    }

    accepts!(TIMESTAMPTZ);
}

impl ToSql for Instant {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0.0.to_be_bytes());
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

/// Where a row lies, as the wire has it.
#[derive(Debug)]
pub(super) struct Tid(pub(super) Place);

impl<'a> FromSql<'a> for Tid {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let (block, offset) = raw.split_at_checked(4).ok_or("a place is too short")?;
        Ok(Self(Place(u32::from_be_bytes(block.try_into()?), u16::from_be_bytes(offset.try_into()?))))
    }

    accepts!(TID);
}

impl ToSql for Tid {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0.0.to_be_bytes());
        out.extend_from_slice(&self.0.1.to_be_bytes());
        Ok(IsNull::No)
    }

    accepts!(TID);
    to_sql_checked!();
}

/// A parameter that holds payloads or errors. The driver logs parameters as their `Debug` shows
/// them.
pub(super) struct Secret<T>(pub(super) T);

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T: ToSql> ToSql for Secret<T> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.0.to_sql(ty, out)
    }

    fn accepts(ty: &Type) -> bool {
        T::accepts(ty)
    }

    to_sql_checked!();
}

/// JSON that is text already, as the binary format of `jsonb` has it: behind the number of its version.
pub(super) struct Json<T>(pub(super) T);

impl<T> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T: AsRef<str>> ToSql for Json<T> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&[1]);
        out.extend_from_slice(self.0.as_ref().as_bytes());
        Ok(IsNull::No)
    }

    accepts!(JSONB);
    to_sql_checked!();
}

/// An instant of a row, infinities and all, as the nearest of the calendar.
pub(super) fn instant(row: &Row, index: usize) -> Result<DateTime<Utc>, StoreError> {
    let instant = row.try_get::<_, Instant>(index).map_err(|error| store_error(&error))?;
    Ok(instant.0.to_datetime())
}

/// A row of `insert.sql`.
pub(super) fn inserted(row: &Row) -> Result<InTable, StoreError> {
    saved(row, 0).map_err(|error| store_error(&error))
}

/// A row of `insert_unique.sql`.
pub(super) fn answered(row: &Row) -> Result<InTable, StoreError> {
    let read = || Ok(saved(row, 1)?.for_insert_of(row.try_get(0)?));
    read().map_err(|error| store_error(&error))
}

/// A row of `holders.sql`.
pub(super) fn holder(row: &Row) -> Result<InTable, StoreError> {
    let read = || -> Result<InTable, tokio_postgres::Error> {
        let created_at = row.try_get::<_, Instant>(3)?.0;
        let scheduled_at = row.try_get::<_, Instant>(4)?.0;
        let saved = InTable::saved(row.try_get(0)?, created_at, scheduled_at);
        Ok(InTable { uniq_hash: row.try_get(1)?, waits: row.try_get(2)?, ..saved })
    };
    read().map_err(|error| store_error(&error))
}

/// Id and instants, from this column on.
fn saved(row: &Row, first: usize) -> Result<InTable, tokio_postgres::Error> {
    let instant = |index| row.try_get::<_, Instant>(index).map(|instant| instant.0);
    Ok(InTable::saved(row.try_get(first)?, instant(first + 1)?, instant(first + 2)?))
}

/// Where a row of `hold.sql` lies.
pub(super) fn tid(row: &Row, index: usize) -> Result<Place, tokio_postgres::Error> {
    Ok(row.try_get::<_, Tid>(index)?.0)
}

/// A row of `claim.sql`.
pub(super) fn claimed(row: &Row) -> Result<Claimed, StoreError> {
    let read = || -> Result<Claimed, tokio_postgres::Error> {
        Ok(Claimed {
            id: row.try_get(0)?,
            lease: row.try_get(1)?,
            retries: row.try_get(2)?,
            crashes: row.try_get(3)?,
            metadata: row.try_get(4)?,
            mode: Mode::from_number(row.try_get(5)?).unwrap_or(Mode::Any),
            priority: Priority::from_number(row.try_get(6)?),
            scheduled_at: row.try_get::<_, Instant>(7)?.0,
            unknown_for: row.try_get::<_, Option<f64>>(8)?.map(seconds),
            max_retries: Options::read(row.try_get(9)?).max_retries,
        })
    };
    read().map_err(|error| store_error(&error))
}

/// A row of `find.sql` or `list.sql`.
pub(super) fn task(row: &Row) -> Result<Task, StoreError> {
    let instant = |index| row.try_get::<_, Instant>(index).map(|instant| instant.0.to_datetime());
    let read = || -> Result<Task, tokio_postgres::Error> {
        let mut task = Task::new(row.try_get(0)?, read_metadata(row.try_get(1)?));
        task.error_message = row.try_get(2)?;
        task.state = FangTaskState::from_label(row.try_get(3)?).unwrap_or(FangTaskState::Failed);
        task.task_type = row.try_get(4)?;
        task.uniq_hash = row.try_get(5)?;
        task.retries = row.try_get(6)?;
        task.scheduled_at = instant(7)?;
        task.created_at = instant(8)?;
        task.updated_at = instant(9)?;
        task.mode = Mode::from_number(row.try_get(10)?).unwrap_or(Mode::Any);
        task.priority = Priority::from_number(row.try_get(11)?);
        task.lease = row.try_get(12)?;
        task.crashes = row.try_get(13)?;
        let options = Options::read(row.try_get(14)?);
        (task.max_retries, task.tags) = (options.max_retries, options.tags);
        task.failures = read_failures(row.try_get(15)?);
        Ok(task)
    };
    read().map_err(|error| store_error(&error))
}

/// A row of `crons.sql`.
pub(super) fn due_cron(row: &Row) -> Result<DueCron, StoreError> {
    let read = || -> Result<DueCron, tokio_postgres::Error> {
        Ok(DueCron {
            now: row.try_get::<_, Instant>(0)?.0.to_datetime(),
            name: row.try_get(1)?,
            cron: cron(row, 2)?,
            last_tick: row.try_get::<_, Instant>(5)?.0.to_datetime(),
            task_id: row.try_get(6)?,
        })
    };
    read().map_err(|error| store_error(&error))
}

/// A row of `list_crons.sql`.
pub(super) fn cron_info(row: &Row) -> Result<CronInfo, StoreError> {
    let read = || -> Result<CronInfo, tokio_postgres::Error> {
        Ok(CronInfo {
            name: row.try_get(0)?,
            cron: cron(row, 1)?,
            task_type: row.try_get(4)?,
            mode: Mode::from_number(row.try_get(5)?).unwrap_or(Mode::Any),
            priority: Priority::from_number(row.try_get(6)?),
            next_tick: row.try_get::<_, Instant>(7)?.0.to_datetime(),
            created_at: row.try_get::<_, Instant>(8)?.0.to_datetime(),
            paused_at: row.try_get::<_, Option<Instant>>(9)?.map(|instant| instant.0.to_datetime()),
        })
    };
    read().map_err(|error| store_error(&error))
}

/// Pattern, time zone and policy, from this column on.
fn cron(row: &Row, first: usize) -> Result<Cron, tokio_postgres::Error> {
    let cron = Cron::new(row.try_get::<_, String>(first)?).time_zone(row.try_get::<_, String>(first + 1)?);
    Ok(cron.missed(Missed::from_text(row.try_get(first + 2)?)))
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
