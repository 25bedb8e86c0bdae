//! Sessions over connections of the application.

use super::row::OwnRow;
use super::statement::{Keep, take_steps};
use crate::runtime::block_on;
use diesel::connection::{Connection, LoadConnection, TransactionManager};
use diesel::pg::Pg;
use fang_core::StoreError;
use fang_postgres::{Answer, Schema, Session, Step};

/// A connection of theirs, which may reach the server through a pooler. What is begun on it is a savepoint where a
/// transaction is open.
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
            // Their next statement tells.
            let _ = <C as Connection>::TransactionManager::rollback_transaction(self.connection);
        }
    }
}

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
    block_on(fang_postgres::take_steps(&mut Theirs::new(connection), &Schema::default()))?;
    Ok(())
}
