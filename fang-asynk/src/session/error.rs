//! Translates the errors of the driver. The details of a server error are dropped, since they quote rows.

use deadpool_postgres::PoolError;
use fang_core::StoreError;
use fang_postgres::ConnectionString;
use std::error::Error as _;
use std::fmt;
use tokio_postgres::Error;
use tokio_postgres::error::DbError;

/// A server error without its details.
#[derive(Debug)]
pub(super) struct ServerError {
    pub(super) code: String,
    pub(super) message: String,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SQLSTATE {})", self.message, self.code)
    }
}

impl std::error::Error for ServerError {}

impl From<&DbError> for ServerError {
    fn from(error: &DbError) -> Self {
        Self { code: error.code().code().to_owned(), message: error.message().to_owned() }
    }
}

/// Translates an error of a statement.
pub(super) fn store_error(error: &Error) -> StoreError {
    match error.as_db_error() {
        Some(server) => StoreError::from_sqlstate(server.code().code(), Box::new(ServerError::from(server))),
        None => StoreError::unreachable(with_cause(error).into()),
    }
}

/// Translates an error of a connection pool. The text of a failed connection may quote the connection string.
pub(super) fn pool_error(error: &PoolError, string: &ConnectionString) -> StoreError {
    match error {
        PoolError::Backend(error) => connection_error(error, string),
        PoolError::Timeout(deadpool_postgres::TimeoutType::Wait) => StoreError::PoolExhausted,
        other => StoreError::unreachable(string.telling(&other.to_string()).into()),
    }
}

fn connection_error(error: &Error, string: &ConnectionString) -> StoreError {
    if let Some(server) = error.as_db_error() {
        let source =
            ServerError { code: server.code().code().to_owned(), message: string.telling(server.message()) };
        return StoreError::from_sqlstate(server.code().code(), Box::new(source));
    }
    let text = with_cause(error);
    let source = string.telling(&text).into();
    // The driver tells only by its text, in English, that the server asks for a password or a method which the
    // connection string does not have.
    if text.starts_with("invalid configuration") || text.starts_with("authentication error") {
        return StoreError::refused(source);
    }
    StoreError::unreachable(source)
}

fn with_cause(error: &Error) -> String {
    let text = error.to_string();
    match error.source().map(ToString::to_string) {
        Some(cause) if !text.contains(&cause) => format!("{text}: {cause}"),
        _ => text,
    }
}
