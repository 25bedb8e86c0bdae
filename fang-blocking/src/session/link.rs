//! One connection, and what becomes of it.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, PooledConnection};
use fang_core::StoreError;

/// A connection, and where it came from.
pub(super) enum Link {
    /// The library opened it.
    Own(PgConnection),
    /// It is lent by the application's pool.
    Theirs(PooledConnection<ConnectionManager<PgConnection>>),
}

impl Link {
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        match self {
            Self::Own(connection) => connection,
            Self::Theirs(connection) => connection,
        }
    }

    pub(super) fn is_theirs(&self) -> bool {
        matches!(self, Self::Theirs(_))
    }
}

/// What came of a statement, and whether its connection is of any more use: the words of an error do
/// not always say.
pub(super) fn judge<T>(
    connection: &mut PgConnection,
    outcome: Result<T, StoreError>,
) -> (Result<T, StoreError>, bool) {
    match outcome {
        Ok(value) => (Ok(value), true),
        // A server that has become a standby refuses to write for ever; the primary is elsewhere.
        Err(error @ StoreError::ReadOnly { .. }) => (Err(error), false),
        Err(error) if is_usable(connection) => (Err(error), true),
        Err(StoreError::Statement { source, .. }) => (Err(StoreError::unreachable(source)), false),
        Err(error) => (Err(error), false),
    }
}

fn is_usable(connection: &mut PgConnection) -> bool {
    !AnsiTransactionManager::is_broken_transaction_manager(connection)
        && connection.batch_execute("SELECT 1").is_ok()
}

/// Ends a connection of the application's pool that takes no changes: the pool would keep it, and hand
/// it out again and again. It makes a new one in its place.
pub(super) fn give_up_read_only<T>(connection: &mut PgConnection, outcome: &Result<T, StoreError>) {
    if matches!(outcome, Err(StoreError::ReadOnly { .. })) {
        // Its answer is that the connection has ended.
        let _ = connection.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())");
    }
}
