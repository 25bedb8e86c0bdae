//! A connection with its origin, and the check whether it can be used again.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, PooledConnection};
use fang_core::StoreError;

/// A connection with its origin.
pub(super) enum Link {
    /// Opened by the library.
    Own(PgConnection),
    /// Lent by the pool of the application.
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

/// Returns the outcome of a statement, and whether its connection can be used again. The text of an error does not
/// always tell, so the connection is tried.
pub(super) fn judge<T>(
    connection: &mut PgConnection,
    outcome: Result<T, StoreError>,
) -> (Result<T, StoreError>, bool) {
    match outcome {
        Ok(value) => (Ok(value), true),
        // A server that has become a standby refuses all writes, so a new connection must find the primary.
        Err(error @ StoreError::ReadOnly { .. }) => (Err(error), false),
        Err(error) if is_usable(connection) => (Err(error), true),
        Err(StoreError::Statement { source, .. }) => (Err(StoreError::Unreachable { source }), false),
        Err(error) => (Err(error), false),
    }
}

fn is_usable(connection: &mut PgConnection) -> bool {
    !AnsiTransactionManager::is_broken_transaction_manager(connection)
        && connection.batch_execute("SELECT 1").is_ok()
}

/// Ends a read-only connection of the application's pool. The pool would lend it again and again; now it opens
/// another one instead.
pub(super) fn give_up_read_only<T>(connection: &mut PgConnection, outcome: &Result<T, StoreError>) {
    if matches!(outcome, Err(StoreError::ReadOnly { .. })) {
        // This always fails, since it ends its own connection.
        let _ = connection.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())");
    }
}
