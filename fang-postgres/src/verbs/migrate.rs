//! Migrations to the schema of this version.

use crate::database::{Database, again_if, may_have_lost_a_race};
use crate::diagnosis::{first, hidden, looked_up};
use crate::migrations;
use crate::row::get;
use crate::schema::Schema;
use crate::session::{Connections, OwnSession, Session};
use crate::settings::Role;
use crate::sql::Statements;
use crate::statement::{Statement, Step};
use crate::store::PostgresStore;
use fang_core::StoreError;
use std::time::Instant;

/// The first version with the table of workers.
const WITH_WORKERS: i32 = 2;
/// The first version with the functions that insert.
const WITH_INSERT: i32 = 3;

/// Makes the bookkeeping of that version.
const META: &str = "CREATE TABLE fang_meta (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    version integer NOT NULL,
    beat_at timestamptz NOT NULL DEFAULT now(),
    well_since timestamptz NOT NULL DEFAULT now(),
    was_ahead boolean NOT NULL DEFAULT false
)";

/// Checks that this program can use the schema. A pool that starts needs no connection of the application for it.
pub(crate) async fn check<C: Connections>(store: &PostgresStore<C>) -> Result<(), StoreError> {
    let (db, sql) = (&store.db, &store.db.sql);
    let rows = db.while_connected(db.calls, Statement::rows(&sql.version, &[])?).await?.rows;
    match rows.first() {
        Some(row) => migrations::check(get(row, 0)?),
        // The row was lost. The first beat puts it back.
        None => match db.query(db.calls, Statement::rows(&sql.has_tables, &[])?).await {
            Err(error) if error.is_refusal() => migrations::check(0),
            other => other.map(|_| ()),
        },
    }
}

/// The version of the schema, as its bookkeeping says. `None` if its row was lost.
pub(crate) async fn saved_version<C: Connections>(db: &Database<C>) -> Result<Option<i32>, StoreError> {
    let rows = db.query(Role::Calls, Statement::look(&db.sql.version, &[])?).await?;
    rows.first().map(|row| get(row, 0)).transpose()
}

/// Applies all missing migrations, each in its own transaction, and returns how many there were. Processes that
/// start together wait for each other; all but the first find nothing to do.
pub(crate) async fn migrate<C: Connections>(store: &PostgresStore<C>) -> Result<usize, StoreError> {
    let mut steps = 0;
    while again_if(may_have_lost_a_race, || step_once(store)).await? {
        steps += 1;
    }
    Ok(steps)
}

async fn step_once<C: Connections>(store: &PostgresStore<C>) -> Result<bool, StoreError> {
    let mut session = store.db.session(Role::Calls).await?;
    session.without_deadline();
    let begin = store.db.begin(Role::Calls);
    let outcome = step(&mut session, &store.schema, &store.db.sql, begin).await;
    store.db.end(session, outcome).await
}

/// Applies all missing migrations over a connection of the application, and returns how many there were.
///
/// # Errors
/// [`StoreError`] when a migration fails; the ones before it stay applied.
pub async fn take_steps(session: &mut impl Session, schema: &Schema) -> Result<usize, StoreError> {
    let (sql, mut steps) = (Statements::new(schema), 0);
    while step(session, schema, &sql, "BEGIN").await? {
        steps += 1;
    }
    Ok(steps)
}

/// Applies the next migration in a transaction. Returns whether there was one.
async fn step(
    session: &mut impl Session,
    schema: &Schema,
    sql: &Statements,
    begin: &str,
) -> Result<bool, StoreError> {
    let began = Instant::now();
    let outcome = step_within(session, schema, sql, begin).await;
    if outcome.is_err() {
        session.rollback().await;
    }
    match outcome {
        Err(StoreError::Locked { .. }) => Err(migrations::locked()),
        Err(error) if error.is_unknown() && began.elapsed() >= migrations::LOCK_TIMEOUT => {
            Err(if is_locked(session).await { migrations::locked() } else { error })
        }
        Err(error) if error.is_unknown() || matches!(error, StoreError::NotMigrated { .. }) => {
            Err(hidden(session, sql, true).await.unwrap_or(error))
        }
        outcome => outcome,
    }
}

/// Whether another session has locks on the tables. Asked where the driver does not tell whether the time limit for
/// locks ended a statement.
async fn is_locked(session: &mut impl Session) -> bool {
    let sql = "SELECT count(*) > 0 FROM pg_locks JOIN pg_class ON pg_class.oid = relation
        WHERE granted AND pid <> pg_backend_pid() AND relname LIKE 'fang\\_%'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    match Statement::rows(sql, &[]) {
        Ok(statement) => first(session, statement, false).await.unwrap_or(false),
        Err(_) => false,
    }
}

async fn step_within(
    session: &mut impl Session,
    schema: &Schema,
    sql: &Statements,
    begin: &str,
) -> Result<bool, StoreError> {
    session.run(&[Step::Begin(begin)]).await?;
    // The files name no schema, so that psql can run them in any schema; here the search path names it.
    if let Some(name) = schema.quoted() {
        // Even if the schema exists, `IF NOT EXISTS` asks for the right to create one.
        let exists = Statement::rows("SELECT to_regnamespace($1) IS NOT NULL", &[&name])?;
        if !first(session, exists, false).await? {
            let create = format!("CREATE SCHEMA IF NOT EXISTS {name}");
            session.run(&[Step::Batch(&create)]).await?;
        }
        // A schema that the role may not use would be left out of the search path without a word.
        looked_up(session, &schema.qualify("fang_meta")).await?;
        let enter = format!("SET LOCAL search_path TO {name}");
        session.run(&[Step::Batch(&enter)]).await?;
    }
    session
        .run(&[
            Step::Batch(migrations::NO_LIMITS),
            Step::Batch(&sql.migration_lock),
            Step::Batch(migrations::LIMITS),
        ])
        .await?;
    let Some(next) = migrations::pending(version(session, schema, sql).await?).next() else {
        session.run(&[Step::Commit]).await?;
        return Ok(false);
    };
    session.run(&[Step::Batch(next.up), Step::Commit]).await?;
    log::info!("the schema of fang is at version {}", next.version);
    Ok(true)
}

/// The version of the schema. If the tables are newer than the bookkeeping says, as after a restore without data, the
/// bookkeeping is put right.
async fn version(session: &mut impl Session, schema: &Schema, sql: &Statements) -> Result<i32, StoreError> {
    let has_meta = looked_up(session, "fang_meta").await?;
    // Else the tables would be made anew in the next schema of the search path.
    if !has_meta && let Some(error) = hidden(session, sql, false).await {
        return Err(error);
    }
    let recorded = match has_meta {
        true => first(session, Statement::rows("SELECT version FROM fang_meta", &[])?, 0).await?,
        false => 0,
    };
    if recorded >= WITH_WORKERS || !looked_up(session, "fang_workers").await? {
        return Ok(recorded);
    }
    if !has_meta {
        session.run(&[Step::Batch(META)]).await?;
    }
    let has_insert = Statement::rows("SELECT to_regproc('fang_insert') IS NOT NULL", &[])?;
    let by_tables = if first(session, has_insert, false).await? { WITH_INSERT } else { WITH_WORKERS };
    let restore = Statement::rows(&sql.restore_meta, &[&by_tables, &schema.qualify("fang_meta")])?;
    let found = first(session, restore, by_tables).await?;
    log::warn!("fang_meta had lost the version of the schema; by its tables it is {found}");
    Ok(found)
}
