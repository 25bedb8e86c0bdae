//! Finds out why a statement failed when the driver does not tell.

use crate::migrations;
use crate::row::get;
use crate::schema::Schema;
use crate::session::Session;
use crate::sql::Statements;
use crate::statement::{Statement, Step};
use crate::value::Typed;
use fang_core::StoreError;
use postgres_types::FromSql;

/// The outcome of statements. If they failed and the driver does not tell why, rolls back and looks whether the
/// tables are there.
pub(crate) async fn explained<T>(
    session: &mut impl Session,
    sql: &Statements,
    schema: &Schema,
    outcome: Result<T, StoreError>,
) -> Result<T, StoreError> {
    match outcome {
        Err(error) if error.is_unknown() => {
            session.rollback().await;
            match version(session, sql, schema).await.map(migrations::check) {
                Ok(Err(not_migrated)) => Err(not_migrated),
                _ => Err(error),
            }
        }
        outcome => outcome,
    }
}

/// The version of the schema. 0 if there is none. If only its row is missing, the next beat of a pool puts it back.
async fn version(session: &mut impl Session, sql: &Statements, schema: &Schema) -> Result<i32, StoreError> {
    let table = schema.qualify("fang_meta");
    let exists = Statement::rows("SELECT to_regclass($1) IS NOT NULL", &[&table])?;
    if !first(session, exists, false).await? {
        return Ok(0);
    }
    first(session, Statement::rows(&sql.version, &[])?, migrations::VERSION).await
}

/// The value of a statement with one column and at most one row.
pub(crate) async fn first<T>(
    session: &mut impl Session,
    statement: Statement<'_>,
    otherwise: T,
) -> Result<T, StoreError>
where
    T: for<'r> FromSql<'r> + Typed + Send,
{
    let answers = session.run(&[Step::Run(statement)]).await?;
    let row = answers.first().and_then(|answer| answer.rows.first());
    Ok(row.map(|row| get(row, 0)).transpose()?.unwrap_or(otherwise))
}
