//! The session over a transaction of sqlx.

use super::error::ServerError;
use super::transaction::{RELEASE, ROLL_BACK, SAVEPOINT};
use fang_core::StoreError;
use fang_postgres::{Answer, Param, Row, Session, Statement, Step, Wanted};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgConnection, PgRow, PgTypeInfo};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Encode, Postgres, Row as _, Type, ValueRef};

/// A transaction of the application, over sqlx.
pub(crate) struct SqlxTransaction<'a>(pub(crate) &'a mut PgConnection);

/// A row of sqlx. Its columns are read without a copy.
pub(crate) struct SqlxRow(PgRow);

impl Row for SqlxRow {
    fn raw(&self, index: usize) -> Result<Option<&[u8]>, StoreError> {
        let value = self.0.try_get_raw(index).map_err(|error| store_error(&error))?;
        if value.is_null() {
            return Ok(None);
        }
        value.as_bytes().map(Some).map_err(StoreError::unreachable)
    }
}

impl Session for SqlxTransaction<'_> {
    type Row = SqlxRow;

    async fn run(&mut self, steps: &[Step<'_>]) -> Result<Vec<Answer<SqlxRow>>, StoreError> {
        let mut answers = Vec::with_capacity(steps.len());
        for step in steps {
            answers.extend(self.take(step).await.map_err(|error| store_error(&error))?);
        }
        Ok(answers)
    }

    async fn rollback(&mut self) {
        if let Err(error) = self.batch(ROLL_BACK).await {
            log::debug!(
                "a savepoint could not be rolled back; the next statement of the transaction fails: {}",
                store_error(&error)
            );
        }
    }
}

impl SqlxTransaction<'_> {
    async fn take(&mut self, step: &Step<'_>) -> Result<Option<Answer<SqlxRow>>, sqlx::Error> {
        match step {
            Step::Begin(_) => self.batch(SAVEPOINT).await.map(|()| None),
            Step::Batch(sql) => self.batch(sql).await.map(|()| None),
            Step::Commit => self.batch(RELEASE).await.map(|()| None),
            Step::Run(statement) => self.run_one(statement).await.map(Some),
            // A failed statement fails the whole transaction, so this one cannot fail alone.
            Step::Aside(statement) => self.run_one(statement).await.map(|_| None),
        }
    }

    async fn batch(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *self.0).await.map(|_| ())
    }

    async fn run_one(&mut self, statement: &Statement<'_>) -> Result<Answer<SqlxRow>, sqlx::Error> {
        let query = query(statement);
        match statement.wanted() {
            Wanted::Rows => {
                let rows = query.fetch_all(&mut *self.0).await?;
                Ok(Answer::of_rows(rows.into_iter().map(SqlxRow).collect()))
            }
            Wanted::Count => {
                let done = query.execute(&mut *self.0).await?;
                Ok(Answer::of_count(done.rows_affected()))
            }
        }
    }
}

/// Safe SQL: the statements are part of this library, and the only value of the application in them is the schema
/// name, which is checked and quoted.
fn query<'a>(statement: &'a Statement<'_>) -> Query<'a, Postgres, PgArguments> {
    let query = sqlx::query(AssertSqlSafe(statement.sql()));
    statement.params().iter().fold(query, |query, param| query.bind(Ready(param)))
}

/// A parameter that is already encoded.
struct Ready<'a>(&'a Param);

impl Type<Postgres> for Ready<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("text")
    }
}

impl Encode<'_, Postgres> for Ready<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let Some(bytes) = self.0.bytes() else { return Ok(IsNull::Yes) };
        buffer.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.0.sql_type().oid())))
    }
}

/// Translates an error of sqlx. The details of a server error are dropped, since they quote rows.
fn store_error(error: &sqlx::Error) -> StoreError {
    let Some(server) = error.as_database_error() else {
        return StoreError::unreachable(error.to_string().into());
    };
    let code = server.code().unwrap_or_default();
    let source = ServerError { code: code.to_string(), message: server.message().to_owned() };
    StoreError::from_sqlstate(&code, Box::new(source))
}
