//! From whatever schema there is to the one of this version.

use super::PostgresStore;
use super::error::store_error;
use super::run::Keep;
use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use diesel::result::Error;
use diesel::sql_types::{Bool, Integer};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use fang_core::StoreError;
use fang_core::sql::{Schema, Statements, migrations, session};

/// Brings the schema up to date over a connection of the application: creates the tables, or
/// upgrades those of fang 0.9 to 0.11 in place. Any number of processes may call it at once.
///
/// ```no_run
/// use diesel::Connection;
/// let mut connection = fang_blocking::PgConnection::establish("postgres://localhost/app")?;
/// fang_blocking::run_migrations_postgres(&mut connection)?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
///
/// # Errors
/// [`StoreError`] when a step fails; those before it stay.
pub fn run_migrations_postgres(
    connection: &mut impl LoadConnection<Backend = Pg>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync + 'static>> {
    take_steps(connection, &Schema::default(), None)?;
    Ok(())
}

/// The same over the store's own connections.
pub(crate) fn migrate(store: &PostgresStore) -> Result<usize, StoreError> {
    let guard = (store.calls.keep() == Keep::Nothing).then_some(session::GUARD_OF_TRANSACTION);
    store.calls.plainly(|connection| take_steps(connection, &store.schema, guard))
}

/// Takes all steps that are missing, each in a transaction of its own, and returns how many those
/// were. Processes that start at once wait for each other, and all but the first find nothing to do.
fn take_steps(
    connection: &mut impl LoadConnection<Backend = Pg>,
    schema: &Schema,
    guard: Option<&str>,
) -> Result<usize, StoreError> {
    let mut steps = 0;
    while connection
        .transaction(|connection| step(connection, schema, guard))
        .map_err(|error| explain(&error))?
    {
        steps += 1;
    }
    Ok(steps)
}

fn explain(error: &Error) -> StoreError {
    match error {
        Error::DatabaseError(_, information) if information.message().contains("lock timeout") => {
            migrations::locked()
        }
        _ => store_error(error),
    }
}

/// Takes the next step, if one is missing.
fn step(
    connection: &mut impl LoadConnection<Backend = Pg>,
    schema: &Schema,
    guard: Option<&str>,
) -> Result<bool, Error> {
    if let Some(guard) = guard {
        connection.batch_execute(guard)?;
    }
    enter(connection, schema)?;
    connection.batch_execute(&Statements::new(schema).migration_lock)?;
    connection.batch_execute(migrations::LIMITS)?;
    let Some(next) = migrations::pending(version(connection)?).next() else { return Ok(false) };
    connection.batch_execute(next.up)?;
    log::info!("the schema of fang is at version {}", next.version);
    Ok(true)
}

/// The files name no schema, so that psql can run them in any: the search path says which.
fn enter(connection: &mut impl LoadConnection<Backend = Pg>, schema: &Schema) -> Result<(), Error> {
    let Some(name) = schema.quoted() else { return Ok(()) };
    connection.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {name}; SET LOCAL search_path TO {name}"))
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    found: bool,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Integer)]
    version: i32,
}

fn version(connection: &mut impl LoadConnection<Backend = Pg>) -> Result<i32, Error> {
    let exists: Found =
        sql_query("SELECT to_regclass('fang_meta') IS NOT NULL AS found").get_result(connection)?;
    if !exists.found {
        return Ok(0);
    }
    let rows: Vec<Version> = sql_query("SELECT version FROM fang_meta").load(connection)?;
    Ok(rows.first().map_or(0, |row| row.version))
}
