//! Inserts within a transaction of sqlx.

use super::batch::Batch;
use super::convert::Instant;
use super::error::ServerError;
use super::within::Within;
use fang_core::StoreError;
use fang_core::sql::Statements;
use fang_core::sql::columns::InTable;
use fang_core::store::DbInstant;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{
    PgArgumentBuffer, PgArguments, PgConnection, PgHasArrayType, PgRow, PgTypeInfo, PgValueRef,
};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Decode, Encode, Postgres, Row, Type};

impl Within for &mut PgConnection {
    async fn insert(&mut self, sql: &Statements, batch: &Batch<'_>) -> Result<Vec<InTable>, StoreError> {
        let columns = &batch.columns;
        let mut query = query(batch.statement(sql))
            .bind(&columns.ids)
            .bind(&batch.metadata.0)
            .bind(&columns.task_types)
            .bind(&columns.modes)
            .bind(&columns.priorities)
            .bind(&columns.hashes)
            .bind(&columns.delays)
            .bind(&batch.instants)
            .bind(&columns.options);
        if let Some(unique) = &batch.unique {
            let (periods, replaces) = (&unique.periods, &unique.replaces);
            query = query.bind(periods).bind(replaces).bind(&batch.held).bind(&batch.held);
        }
        let read = if batch.unique.is_some() { answered } else { inserted };
        all(query, self, read).await
    }

    async fn holders(&mut self, sql: &Statements, batch: &Batch<'_>) -> Result<Vec<InTable>, StoreError> {
        let query = query(&sql.holders).bind(&batch.columns.ids).bind(&batch.held).bind(&batch.held);
        all(query, self, holder).await
    }

    async fn notify(&mut self, sql: &Statements, payload: &str) -> Result<(), StoreError> {
        all(query(&sql.notify).bind(payload), self, |_| Ok(())).await.map(|_| ())
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        sqlx::raw_sql(sql).execute(&mut **self).await.map(|_| ()).map_err(|error| store_error(&error))
    }
}

/// The statements are this library's own; what they name of the application's is the schema, which was
/// checked and quoted.
fn query(sql: &str) -> Query<'_, Postgres, PgArguments> {
    sqlx::query(AssertSqlSafe(sql))
}

async fn all<T>(
    query: Query<'_, Postgres, PgArguments>,
    connection: &mut PgConnection,
    read: impl Fn(&PgRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, StoreError> {
    let rows = query.fetch_all(connection).await.map_err(|error| store_error(&error))?;
    rows.iter().map(|row| read(row).map_err(|error| store_error(&error))).collect()
}

fn inserted(row: &PgRow) -> Result<InTable, sqlx::Error> {
    Ok(InTable::saved(row.try_get(0)?, instant(row, 1)?, instant(row, 2)?))
}

fn answered(row: &PgRow) -> Result<InTable, sqlx::Error> {
    let saved = InTable::saved(row.try_get(1)?, instant(row, 2)?, instant(row, 3)?);
    Ok(saved.for_insert_of(row.try_get(0)?))
}

fn holder(row: &PgRow) -> Result<InTable, sqlx::Error> {
    let saved = InTable::saved(row.try_get(0)?, instant(row, 3)?, instant(row, 4)?);
    Ok(InTable { uniq_hash: row.try_get(1)?, waits: row.try_get(2)?, ..saved })
}

fn instant(row: &PgRow, index: usize) -> Result<DbInstant, sqlx::Error> {
    Ok(row.try_get::<Instant, _>(index)?.0)
}

/// Of a server's error without its details, which quote rows; of any other, what it says.
fn store_error(error: &sqlx::Error) -> StoreError {
    let Some(server) = error.as_database_error() else {
        return StoreError::unreachable(error.to_string().into());
    };
    let code = server.code().unwrap_or_default();
    let source = ServerError { code: code.to_string(), message: server.message().to_owned() };
    StoreError::from_sqlstate(&code, Box::new(source))
}

// As with tokio-postgres: chrono's conversion knows no infinities, and here it panics on them.
impl Type<Postgres> for Instant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("timestamptz")
    }
}

impl PgHasArrayType for Instant {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("_timestamptz")
    }
}

impl Encode<'_, Postgres> for Instant {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.0.0.to_be_bytes());
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Instant {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(Self(DbInstant(i64::from_be_bytes(value.as_bytes()?.try_into()?))))
    }
}
