//! The session over a connection of the application.

use super::row::OwnRow;
use super::statement::{Keep, take_steps};
use crate::runtime::block_on;
use diesel::connection::{Connection, LoadConnection, TransactionManager};
use diesel::pg::Pg;
use fang_core::StoreError;
use fang_postgres::{Answer, Schema, Session, Step};

/// A connection of the application. It may go through a pooler. If a transaction is open on it, a begin creates a
/// savepoint.
pub(crate) struct Theirs<'a, C> {
    connection: &'a mut C,
    is_open: bool,
}

impl<'a, C> Theirs<'a, C> {
    pub(crate) fn new(connection: &'a mut C) -> Self {
        Self { connection, is_open: false }
    }
}

impl<C: LoadConnection<Backend = Pg>> Session for Theirs<'_, C> {
    type Row = OwnRow;

    async fn run(&mut self, steps: &[Step<'_>]) -> Result<Vec<Answer<OwnRow>>, StoreError> {
        let begin = |connection: &mut C, _: &str| C::TransactionManager::begin_transaction(connection);
        take_steps(self.connection, Keep::Nothing, &mut self.is_open, begin, steps)
    }

    async fn rollback(&mut self) {
        if std::mem::take(&mut self.is_open) {
            // If this fails, the next statement of the application fails too.
            let _ = <C as Connection>::TransactionManager::rollback_transaction(self.connection);
        }
    }
}

/// Creates the tables over a connection of yours, or upgrades those of fang 0.9 to 0.11 in place and keeps their rows.
/// The search path of the connection decides on the schema. Does nothing if the tables are up to date. Several
/// processes may call it at the same time.
///
/// ```no_run
/// use diesel::Connection;
/// let mut connection = fang_blocking::PgConnection::establish("postgres://localhost/app")?;
/// fang_blocking::run_migrations_postgres(&mut connection)?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
///
/// # Errors
/// [`StoreError`] when a migration fails. The migrations before it stay applied.
pub fn run_migrations_postgres(
    connection: &mut impl LoadConnection<Backend = Pg>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync + 'static>> {
    block_on(fang_postgres::take_steps(&mut Theirs::new(connection), &Schema::default()))?;
    Ok(())
}
