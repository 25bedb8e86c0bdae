//! Between rows and values.

use diesel::data_types::PgTimestamp;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{
    BigInt, Bool, Double, Integer, Nullable, SmallInt, SqlType, Text, Timestamptz, Uuid as SqlUuid,
};
use fang_core::failure::read_failures;
use fang_core::options::Options;
use fang_core::schedule::{Cron, Missed};
use fang_core::sql::columns::InTable;
use fang_core::store::{Claimed, CronInfo, DbInstant, DueCron, HeldTask, Place};
use fang_core::task::{FangTaskState, Mode, Priority, Task, read_metadata};
use std::io::Write;
use std::time::Duration;
use uuid::Uuid;

/// An instant as the wire has it, infinities included.
pub(super) fn instant(timestamp: PgTimestamp) -> DbInstant {
    DbInstant(timestamp.0)
}

/// The same for a parameter.
pub(super) fn timestamp(instant: DbInstant) -> PgTimestamp {
    PgTimestamp(instant.0)
}

/// The columns of `claim.sql`.
pub(super) type ClaimedSql = (
    SqlUuid,
    Integer,
    Integer,
    SmallInt,
    Text,
    SmallInt,
    SmallInt,
    Timestamptz,
    Nullable<Double>,
    Nullable<Text>,
);
pub(super) type ClaimedRow =
    (Uuid, i32, i32, i16, String, i16, i16, PgTimestamp, Option<f64>, Option<String>);

/// A row of `claim.sql`.
pub(super) fn claimed(row: ClaimedRow) -> Claimed {
    let (id, lease, retries, crashes, metadata, mode, priority, scheduled_at, unknown_for, options) = row;
    Claimed {
        id,
        lease,
        retries,
        crashes,
        metadata,
        mode: Mode::from_number(mode).unwrap_or(Mode::Any),
        priority: Priority::from_number(priority),
        scheduled_at: instant(scheduled_at),
        unknown_for: unknown_for.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
        max_retries: Options::read(options.as_deref()).max_retries,
    }
}

/// The columns of `hold.sql`.
pub(super) type HeldSql = (ClaimedSql, (TidSql, Bool, BigInt));
pub(super) type HeldRow = (ClaimedRow, (Tid, bool, i64));

/// A row of `hold.sql`, without the transaction that keeps it.
pub(super) fn held((task, (Tid(place), is_apart, _)): HeldRow) -> HeldTask {
    HeldTask { task: claimed(task), place, is_apart }
}

/// Where a row lies, to Postgres.
#[derive(Clone, Copy, Debug, SqlType, QueryId)]
#[diesel(postgres_type(oid = 27, array_oid = 1010))]
pub(super) struct TidSql;

/// A value of it.
#[derive(Clone, Copy, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = TidSql)]
pub(super) struct Tid(pub(super) Place);

impl ToSql<TidSql, Pg> for Tid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let Place(block, offset) = self.0;
        out.write_all(&block.to_be_bytes())?;
        out.write_all(&offset.to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<TidSql, Pg> for Tid {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match *value.as_bytes() {
            [a, b, c, d, e, f] => {
                Ok(Self(Place(u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([e, f]))))
            }
            _ => Err("a tid has six bytes".into()),
        }
    }
}

/// The columns of `find.sql` and `list.sql`.
pub(super) type TaskSql = (
    (SqlUuid, Text, Nullable<Text>, Text, Text, Nullable<Text>, Integer),
    (Timestamptz, Timestamptz, Timestamptz),
    (SmallInt, SmallInt, Integer, SmallInt),
    (Nullable<Text>, Nullable<Text>),
);
pub(super) type TaskRow = (
    (Uuid, String, Option<String>, String, String, Option<String>, i32),
    (PgTimestamp, PgTimestamp, PgTimestamp),
    (i16, i16, i32, i16),
    (Option<String>, Option<String>),
);

/// A row of `find.sql` or `list.sql`.
pub(super) fn task((what, when, claims, (options, failures)): TaskRow) -> Task {
    let (id, metadata, error_message, state, task_type, uniq_hash, retries) = what;
    let (scheduled_at, created_at, updated_at) = when;
    let (mode, priority, lease, crashes) = claims;
    let mut task = Task::new(id, read_metadata(&metadata));
    task.error_message = error_message;
    task.state = FangTaskState::from_label(&state).unwrap_or(FangTaskState::Failed);
    task.task_type = task_type;
    task.uniq_hash = uniq_hash;
    task.retries = retries;
    task.scheduled_at = instant(scheduled_at).to_datetime();
    task.created_at = instant(created_at).to_datetime();
    task.updated_at = instant(updated_at).to_datetime();
    task.mode = Mode::from_number(mode).unwrap_or(Mode::Any);
    task.priority = Priority::from_number(priority);
    task.lease = lease;
    task.crashes = crashes;
    let options = Options::read(options.as_deref());
    (task.max_retries, task.tags) = (options.max_retries, options.tags);
    task.failures = read_failures(failures.as_deref());
    task
}

/// The columns of `insert.sql`.
pub(super) type InsertedSql = (SqlUuid, Timestamptz, Timestamptz);
pub(super) type InsertedRow = (Uuid, PgTimestamp, PgTimestamp);

/// A row of `insert.sql`.
pub(super) fn inserted((id, created_at, scheduled_at): InsertedRow) -> InTable {
    InTable::saved(id, instant(created_at), instant(scheduled_at))
}

/// The columns of `insert_unique.sql`.
pub(super) type AnsweredSql = (SqlUuid, SqlUuid, Timestamptz, Timestamptz);
pub(super) type AnsweredRow = (Uuid, Uuid, PgTimestamp, PgTimestamp);

/// A row of `insert_unique.sql`.
pub(super) fn answered((asked, id, created_at, scheduled_at): AnsweredRow) -> InTable {
    inserted((id, created_at, scheduled_at)).for_insert_of(asked)
}

/// The columns of `holders.sql`.
pub(super) type HolderSql = (SqlUuid, Nullable<Text>, Bool, Timestamptz, Timestamptz);
pub(super) type HolderRow = (Uuid, Option<String>, bool, PgTimestamp, PgTimestamp);

/// A row of `holders.sql`.
pub(super) fn holder((id, uniq_hash, waits, created_at, scheduled_at): HolderRow) -> InTable {
    InTable { uniq_hash, waits, ..inserted((id, created_at, scheduled_at)) }
}

/// Pattern, time zone and policy.
type WhenSql = (Text, Text, Text);
type WhenRow = (String, String, String);

fn cron((pattern, time_zone, missed): WhenRow) -> Cron {
    Cron { pattern, time_zone, missed: Missed::from_text(&missed) }
}

/// The columns of `crons.sql`.
pub(super) type DueCronSql = (Timestamptz, Text, WhenSql, Timestamptz, SqlUuid);
pub(super) type DueCronRow = (PgTimestamp, String, WhenRow, PgTimestamp, Uuid);

/// A row of `crons.sql`.
pub(super) fn due_cron((now, name, when, last_tick, task_id): DueCronRow) -> DueCron {
    let (now, last_tick) = (instant(now).to_datetime(), instant(last_tick).to_datetime());
    DueCron { name, cron: cron(when), last_tick, task_id, now }
}

/// The columns of `list_crons.sql`.
pub(super) type CronInfoSql =
    (Text, WhenSql, (Text, SmallInt, SmallInt), (Timestamptz, Timestamptz, Nullable<Timestamptz>));
pub(super) type CronInfoRow =
    (String, WhenRow, (String, i16, i16), (PgTimestamp, PgTimestamp, Option<PgTimestamp>));

/// A row of `list_crons.sql`.
pub(super) fn cron_info((name, when, lane, instants): CronInfoRow) -> CronInfo {
    let (task_type, mode, priority) = lane;
    let (next_tick, created_at, paused_at) = instants;
    CronInfo {
        name,
        cron: cron(when),
        task_type,
        mode: Mode::from_number(mode).unwrap_or(Mode::Any),
        priority: Priority::from_number(priority),
        next_tick: instant(next_tick).to_datetime(),
        created_at: instant(created_at).to_datetime(),
        paused_at: paused_at.map(|at| instant(at).to_datetime()),
    }
}

/// The columns of `count.sql`.
pub(super) type CountSql = (Text, Text, BigInt);
pub(super) type CountRow = (String, String, i64);
