//! A schema for one test: made at once, and dropped when the test is over. For the crate `fang-testing`.

use crate::migrations;
use crate::row::get;
use crate::schema::Schema;
use crate::session::{Connections, OwnSession, Session};
use crate::settings::Role;
use crate::statement::{Statement, Step};
use fang_core::StoreError;
use std::fmt::Write;

/// How the names of these schemas begin.
pub const PREFIX: &str = "fang_test_";

/// The comment of these schemas. One without it is not of a test, whatever its name.
const MARK: &str = "made by fang::testing for one test";

/// The most schemas of tests that were killed which one test drops.
const MAX_LEFT: i32 = 16;

/// The drop of a schema does not wait long for a transaction that still uses it, and no commit waits for a disk.
const SETTINGS: &str =
    "SET lock_timeout = '2s'; SET client_min_messages = warning; SET synchronous_commit = off";

const LOCK: &str = include_str!("sql/test_schema_lock.sql");
const UNLOCK: &str = include_str!("sql/test_schema_unlock.sql");
const LEFT: &str = include_str!("sql/test_schema_left.sql");

/// Makes a schema of this name with the tables, calls `made`, and drops the schema when `until` is ready. Meanwhile it
/// drops schemas that killed tests have left.
///
/// The session holds an advisory lock for as long as the test lives. A schema whose lock is free is left over.
///
/// # Errors
/// When the database cannot be reached or refuses to make the schema, and `made` was not called; or when the schema
/// could not be dropped. Then a later test drops it.
pub async fn keep<C: Connections>(
    connections: &C,
    name: &str,
    made: impl FnOnce() + Send,
    until: impl Future<Output = ()> + Send,
) -> Result<(), StoreError> {
    let schema = Schema::chosen(Some(name))?.quoted().unwrap_or_default();
    let mut session = connections.session(Role::Calls).await?;
    let outcome = match make(&mut session, name, &schema).await {
        Ok(()) => {
            made();
            if let Err(error) = drop_left(&mut session, name).await {
                log::debug!(
                    "schemas of earlier tests could not be dropped; a later test tries again: {error}"
                );
            }
            until.await;
            drop_schema(&mut session, &schema).await
        }
        Err(error) => Err(error),
    };
    session.end(outcome).await
}

async fn make(session: &mut impl Session, name: &str, schema: &str) -> Result<(), StoreError> {
    let script = script(schema);
    let lock = Statement::rows(LOCK, &[&name])?;
    // The lock comes first, so that nobody ever sees this schema without it.
    let steps =
        [Step::Batch(SETTINGS), Step::Run(lock), Step::Begin("BEGIN"), Step::Batch(&script), Step::Commit];
    let outcome = session.run(&steps).await.map(|_| ());
    if outcome.is_err() {
        session.rollback().await;
    }
    outcome
}

/// All migrations, in one text.
fn script(schema: &str) -> String {
    let mut script = format!(
        "CREATE SCHEMA {schema}; COMMENT ON SCHEMA {schema} IS '{MARK}'; SET LOCAL search_path TO {schema};"
    );
    for migration in migrations::POSTGRES {
        let _ = write!(script, "\n{}", migration.up);
    }
    script
}

/// Drops those that it can, and returns the last error.
async fn drop_left(session: &mut impl Session, own: &str) -> Result<(), StoreError> {
    let mut outcome = Ok(());
    let left = Statement::rows(LEFT, &[&PREFIX, &own, &MAX_LEFT, &MARK])?;
    for answer in session.run(&[Step::Run(left)]).await? {
        for row in &answer.rows {
            let name: String = get(row, 0)?;
            let dropped =
                drop_schema(session, &Schema::chosen(Some(&name))?.quoted().unwrap_or_default()).await;
            session.run(&[Step::Run(Statement::rows(UNLOCK, &[&name])?)]).await?;
            outcome = dropped.and(outcome);
        }
    }
    outcome
}

async fn drop_schema(session: &mut impl Session, schema: &str) -> Result<(), StoreError> {
    let drop = format!("DROP SCHEMA IF EXISTS {schema} CASCADE");
    session.run(&[Step::Batch(&drop)]).await.map(|_| ())
}
