//! Translates the errors of the driver. The details of a server error are dropped, since they quote rows.

use deadpool_postgres::PoolError;
use fang_core::StoreError;
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

/// Translates an error of a statement or a connection.
pub(super) fn store_error(error: &Error) -> StoreError {
    if let Some(server) = error.as_db_error() {
        return StoreError::from_sqlstate(server.code().code(), Box::new(ServerError::from(server)));
    }
    let text = with_cause(error);
    // The server asks for a password or a method that the connection string does not have.
    if text.starts_with("invalid configuration") || text.starts_with("authentication error") {
        return StoreError::Refused { source: text.into() };
    }
    StoreError::unreachable(text.into())
}

/// Translates an error of a connection pool.
pub(super) fn pool_error(error: &PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => store_error(error),
        PoolError::Timeout(deadpool_postgres::TimeoutType::Wait) => StoreError::PoolExhausted,
        other => StoreError::unreachable(other.to_string().into()),
    }
}

/// Translates the error for an unreadable connection string. The text of the driver may quote the string with its
/// password, except when it is about the value of an option.
pub(super) fn uri_error(error: &Error) -> StoreError {
    let text = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let is_safe = text.starts_with("invalid value for option");
    StoreError::Uri { reason: if is_safe { text } else { "it cannot be read".to_owned() } }
}

fn with_cause(error: &Error) -> String {
    let text = error.to_string();
    match error.source().map(ToString::to_string) {
        Some(cause) if !text.contains(&cause) => format!("{text}: {cause}"),
        _ => text,
    }
}
