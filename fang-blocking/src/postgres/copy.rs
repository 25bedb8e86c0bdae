//! Many tasks at once, by COPY.

use super::PostgresStore;
use super::convert::{instant, timestamp};
use super::error::InTransaction;
use super::run::{self, bind};
use diesel::connection::Connection;
use diesel::data_types::PgTimestamp;
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgConnection};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Jsonb, Nullable, Text, Timestamptz};
use diesel::{ExecuteCopyFromDsl, Insertable};
use fang_core::sql::columns::due_now;
use fang_core::sql::copy::{CopyRow, copied};
use fang_core::store::{DbInstant, Inserted};
use fang_core::{NewTask, StoreError};
use std::fmt;
use std::io::Write;
use uuid::Uuid;

// As `copy.sql` names them. Diesel makes its own statement of it, which cannot name a schema that is known
// only when it runs.
diesel::table! {
    fang_tasks (id) {
        id -> Uuid,
        metadata -> Jsonb,
        task_type -> Varchar,
        mode -> SmallInt,
        priority -> SmallInt,
        scheduled_at -> Timestamptz,
        options -> Nullable<Jsonb>,
    }
}

#[derive(Insertable)]
#[diesel(table_name = fang_tasks, treat_none_as_default_value = false)]
struct Row<'a> {
    id: Uuid,
    metadata: Json<&'a str>,
    task_type: &'a str,
    mode: i16,
    priority: i16,
    scheduled_at: PgTimestamp,
    options: Option<Json<String>>,
}

/// JSON that is text already, as the binary format of `jsonb` has it: behind the number of its version.
#[derive(AsExpression)]
#[diesel(sql_type = Jsonb)]
struct Json<T>(T);

impl<T> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T: AsRef<str>> ToSql<Jsonb, Pg> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[1])?;
        out.write_all(self.0.as_ref().as_bytes())?;
        Ok(IsNull::No)
    }
}

impl<'a> From<CopyRow<'a>> for Row<'a> {
    fn from(row: CopyRow<'a>) -> Self {
        Self {
            id: row.id,
            metadata: Json(row.metadata),
            task_type: row.task_type,
            mode: row.mode,
            priority: row.priority,
            scheduled_at: timestamp(row.scheduled_at),
            options: row.options.map(Json),
        }
    }
}

/// Saves tasks of which none is unique. Fails when one of them is there already.
pub(super) fn insert(store: &PostgresStore, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
    let now = store.calls.with(|connection| {
        let saved = connection.transaction(|connection| insert_with(store, connection, tasks));
        saved.map_err(|error: InTransaction| error.into())
    })?;
    store.wake(&due_now(tasks));
    Ok(copied(tasks, now))
}

/// Saves them in a transaction, whose clock is returned: what they are delayed by counts from it.
fn insert_with(
    store: &PostgresStore,
    connection: &mut PgConnection,
    tasks: &[NewTask],
) -> Result<DbInstant, InTransaction> {
    let keep = store.calls.keep();
    let schema = store.schema.quoted();
    let clock = run::query_on::<(Timestamptz, Text), (PgTimestamp, String)>(
        connection,
        keep,
        &store.statements.now_in,
        &[&bind::<Nullable<Text>, _>(schema)],
    )?;
    let (now, _) =
        clock.into_iter().next().ok_or_else(|| StoreError::unreachable("the server sent no row".into()))?;
    let now = instant(now);
    let rows: Vec<Row<'_>> = tasks.iter().map(|task| CopyRow::new(task, now).into()).collect();
    diesel::copy_from(fang_tasks::table).from_insertable(rows).execute(connection)?;
    for payload in store.worth_announcing(&due_now(tasks)) {
        run::execute_on(connection, keep, &store.statements.notify, &[&bind::<Text, _>(payload)])?;
    }
    Ok(now)
}
