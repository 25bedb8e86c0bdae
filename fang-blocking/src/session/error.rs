//! Translates the errors of diesel. Diesel keeps no SQLSTATE, so its error kinds decide, and otherwise the words of
//! the message. The details of a server error are dropped, since they quote rows.

use diesel::r2d2::PoolError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use fang_core::StoreError;
use fang_core::error::{Nature, is_pooler};

/// Translates an error of a statement.
pub(super) fn store_error(error: &Error) -> StoreError {
    match error {
        Error::DatabaseError(kind, information) => database_error(kind, information.as_ref()),
        other => StoreError::Statement { nature: Nature::Final, source: other.to_string().into() },
    }
}

/// Translates an error of a connection pool. r2d2 gives only its text.
pub(super) fn pool_error(error: &PoolError) -> StoreError {
    connection_error(&error.to_string())
}

fn database_error(kind: &DatabaseErrorKind, information: &dyn DatabaseErrorInformation) -> StoreError {
    let message = information.message();
    if is_lost(kind, message) {
        return StoreError::unreachable(message.into());
    }
    if mentions(message, &["does not exist"]) && message.contains("fang") {
        return StoreError::NotMigrated { reason: message.to_owned() };
    }
    if matches!(kind, DatabaseErrorKind::ReadOnlyTransaction) {
        return StoreError::ReadOnly { source: message.into() };
    }
    if is_pooler(message) {
        return StoreError::Pooled { source: message.into() };
    }
    StoreError::Statement { nature: nature(kind, message), source: message.into() }
}

fn is_lost(kind: &DatabaseErrorKind, message: &str) -> bool {
    matches!(kind, DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand)
        || mentions(
            message,
            &["server closed the connection", "terminating connection", "SSL connection has been closed"],
        )
}

fn nature(kind: &DatabaseErrorKind, message: &str) -> Nature {
    use DatabaseErrorKind as Kind;
    const PASSING: [&str; 7] = [
        "canceling statement",
        "lock timeout",
        "too many",
        "starting up",
        "shutting down",
        "recovery",
        "No space left",
    ];
    const DATA: [&str; 5] = [
        "invalid input syntax",
        "unsupported Unicode",
        "out of range",
        "invalid byte sequence",
        "is too long",
    ];
    match kind {
        Kind::SerializationFailure => Nature::Contended,
        Kind::UniqueViolation
        | Kind::ForeignKeyViolation
        | Kind::NotNullViolation
        | Kind::CheckViolation
        | Kind::RestrictViolation
        | Kind::ExclusionViolation => Nature::Data,
        _ if message.contains("deadlock detected") => Nature::Contended,
        _ if mentions(message, &PASSING) => Nature::Passing,
        _ if mentions(message, &DATA) => Nature::Data,
        _ => Nature::Final,
    }
}

/// Translates the text of libpq for a failed connection. If libpq cannot read the connection string, its text
/// quotes the string, so that text is dropped.
pub(super) fn connection_error(message: &str) -> StoreError {
    const UNREADABLE: [&str; 8] = [
        "nvalid connection URL",
        "missing \"=\"",
        "invalid connection option",
        "invalid URI",
        "invalid integer value",
        "invalid port",
        "forbidden value",
        "unterminated quoted string",
    ];
    const REFUSED: [&str; 6] = [
        "authentication failed",
        "no password supplied",
        "does not exist",
        "no pg_hba.conf entry",
        "permission denied",
        "is not permitted to log in",
    ];
    if mentions(message, &UNREADABLE) {
        return unreadable();
    }
    // No cause follows the colon, so all connections of the pool are in use.
    if message.trim() == "timed out waiting for connection" {
        return StoreError::PoolExhausted;
    }
    let source = message.trim().to_owned().into();
    if is_pooler(message) {
        return StoreError::Pooled { source };
    }
    if mentions(message, &REFUSED) { StoreError::Refused { source } } else { StoreError::unreachable(source) }
}

fn unreadable() -> StoreError {
    StoreError::Uri { reason: "libpq cannot read it".to_owned() }
}

fn mentions(message: &str, words: &[&str]) -> bool {
    words.iter().any(|word| message.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_never_quotes_the_connection_string() {
        let error =
            connection_error("timed out waiting for connection: missing \"=\" after \"hunter2\" in string");
        assert!(matches!(error, StoreError::Uri { .. }));
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn a_full_pool_is_another_error_than_a_server_that_is_down() {
        let full = connection_error("timed out waiting for connection");
        assert!(matches!(full, StoreError::PoolExhausted));
        let down = connection_error("timed out waiting for connection: Connection refused");
        assert!(matches!(down, StoreError::Unreachable { .. }));
    }
}
