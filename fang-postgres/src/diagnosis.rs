//! Finds out why a statement failed when the driver does not tell.

use crate::migrations;
use crate::row::get;
use crate::schema::Schema;
use crate::session::Session;
use crate::sql::Statements;
use crate::statement::{Statement, Step};
use crate::value::Typed;
use fang_core::StoreError;
use fang_core::error::Nature;
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
            Err(cause(session, sql, schema).await.unwrap_or(error))
        }
        outcome => outcome,
    }
}

/// The error that the place of the tables causes, if any: they are missing or of another version, or the role may not use
/// their schema.
async fn cause(session: &mut impl Session, sql: &Statements, schema: &Schema) -> Option<StoreError> {
    let version = match looked_up(session, &schema.qualify("fang_meta")).await {
        Ok(false) => match hidden(session, sql, false).await {
            Some(error) => return Some(error),
            None => 0,
        },
        // A role may have no right on this table.
        Ok(true) => {
            first(session, Statement::rows(&sql.version, &[]).ok()?, migrations::VERSION).await.ok()?
        }
        Err(error) => return error.is_refusal().then_some(error),
    };
    migrations::check(version).err()
}

/// The error for a role that may not use a schema of the search path with the tables, or the one `to_migrate`, if there is such
/// a schema.
pub(crate) async fn hidden(
    session: &mut impl Session,
    sql: &Statements,
    to_migrate: bool,
) -> Option<StoreError> {
    let statement = Statement::rows(&sql.hidden_schema, &[&"fang_tasks", &to_migrate]).ok()?;
    let answers = session.run(&[Step::Run(statement)]).await.ok()?;
    let row = answers.first()?.rows.first()?;
    let (name, grant): (String, String) = (get(row, 0).ok()?, get(row, 1).ok()?);
    let reason = format!("permission denied for schema {name}; run as its owner: {grant}");
    Some(StoreError::statement(Nature::Final, reason.into()))
}

/// Whether there is such a table. An error if the role may not use its schema.
pub(crate) async fn looked_up(session: &mut impl Session, table: &str) -> Result<bool, StoreError> {
    let exists = Statement::rows("SELECT to_regclass($1) IS NOT NULL", &[&table])?;
    first(session, exists, false).await
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
