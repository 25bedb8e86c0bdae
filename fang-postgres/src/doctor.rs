//! The checks of the doctor that are about Postgres: what will hurt, and what to do.
//!
//! To add a check, write `async fn check(patient) -> Found` in a file of its own, with its statement in `sql/doctor/`,
//! and name it in one of the two lists below. It must read a bounded number of rows. Each finding needs a test that
//! provokes it.

mod connections;
mod durability;
mod fleet;
mod horizon;
mod meta;
mod objects;
mod open_inserts;
mod paused;
mod place;
mod pooler;
mod read_only;
mod rights;
mod schema;
mod unknown;
mod vacuum;
mod workers;

use crate::database::{Database, RowOf};
use crate::migrations;
use crate::row::get;
use crate::session::Connections;
use crate::sql::DoctorStatements;
use crate::statement::Statement;
use crate::store::PostgresStore;
use crate::value::Value;
use fang_core::StoreError;
use fang_core::store::{Finding, Findings, SavedPayload, TableSize};
use fang_core::task::Mode;
use place::Place;
use uuid::Uuid;

/// What a check has found.
type Found = Result<Vec<Finding>, StoreError>;

/// What the checks look at.
struct Patient<'a, C: Connections> {
    db: &'a Database<C>,
    sql: DoctorStatements,
}

impl<C: Connections> Patient<'_, C> {
    async fn rows(&self, sql: &str, params: &[&dyn Value]) -> Result<Vec<RowOf<C>>, StoreError> {
        let statement = Statement::look(sql, params)?;
        self.db.query(self.db.calls, statement).await
    }

    /// The rows of a statement that reads tasks.
    async fn rows_by_index(&self, sql: &str, params: &[&dyn Value]) -> Result<Vec<RowOf<C>>, StoreError> {
        self.db.query_by_index(Statement::look(sql, params)?).await
    }
}

/// Runs the check of each module of a list, one after the other.
macro_rules! checks {
    ($findings:ident, $subject:tt: $($check:ident),+ $(,)?) => {
        $($findings.add(stringify!($check), $check::check $subject.await)?;)+
    };
}

/// The checks of a server, with or without tables.
async fn of_server<C: Connections>(
    patient: &Patient<'_, C>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    checks!(findings, (patient): connections, horizon, durability, read_only, pooler);
    Ok(())
}

/// The checks of tables that this program can use.
async fn of_tables<C: Connections>(
    patient: &Patient<'_, C>,
    place: &Place,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    checks!(findings, (patient, place): objects, rights, open_inserts, vacuum, meta, fleet, workers, paused, unknown);
    Ok(())
}

/// Looks for what will hurt.
pub(crate) async fn examine<C: Connections>(store: &PostgresStore<C>) -> Found {
    let sql = DoctorStatements::new(&store.schema);
    let patient = Patient { db: &store.db, sql };
    let mut findings = Findings::default();
    of_server(&patient, &mut findings).await?;
    let place = place::find(&patient, &store.schema).await?;
    if place.is_none()
        && let Some(hidden) = rights::hidden(&patient).await?
    {
        findings.add("rights", Ok(vec![hidden]))?;
        return Ok(findings.into_vec());
    }
    let version = schema::version(&patient, place.as_ref()).await;
    findings.add("schema", schema::check(place.as_ref(), &version))?;
    if let Some(place) = place {
        match version {
            // Rights come first: they explain why the version cannot be read.
            Err(error) if error.is_refusal() => {
                findings.add("rights", rights::check(&patient, &place).await)?
            }
            Ok(version) if migrations::check(version).is_ok() => {
                of_tables(&patient, &place, &mut findings).await?;
            }
            _ => {}
        }
    }
    Ok(findings.into_vec())
}

/// Tells the sizes of the tables. None if there are no tables.
pub(crate) async fn table_sizes<C: Connections>(
    store: &PostgresStore<C>,
) -> Result<Vec<TableSize>, StoreError> {
    let patient = Patient { db: &store.db, sql: DoctorStatements::new(&store.schema) };
    match place::find(&patient, &store.schema).await? {
        Some(place) => vacuum::sizes(&patient, &place).await,
        None => Ok(Vec::new()),
    }
}

/// Reads the payloads of tasks that are older than the task `before`.
pub(crate) async fn payloads<C: Connections>(
    db: &Database<C>,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<SavedPayload>, StoreError> {
    let statement = Statement::look(&db.sql.payloads, &[&before, &i64::from(limit)])?;
    let rows = db.query(db.calls, statement).await?;
    let read = |row: &RowOf<C>| {
        let mode = Mode::from_number(get(row, 1)?).unwrap_or(Mode::Any);
        Ok(SavedPayload { id: get(row, 0)?, mode, metadata: get(row, 2)? })
    };
    rows.iter().map(read).collect()
}

/// A span in words, such as `7 min`.
fn span(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.0} s"),
        ..7200.0 => format!("{:.0} min", seconds / 60.0),
        ..172_800.0 => format!("{:.0} h", seconds / 3600.0),
        _ => format!("{:.0} days", seconds / 86_400.0),
    }
}
