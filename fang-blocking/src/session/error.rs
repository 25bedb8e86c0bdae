//! Translates the errors of diesel. Diesel keeps no SQLSTATE, so its error kinds decide. What they do not tell is
//! unknown: the text of a message may be in any language. The details of a server error are dropped, since they quote
//! rows.

use super::connect::{Answer, PgPool};
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use fang_core::StoreError;
use fang_core::error::Nature;

/// The SQLSTATE of a server without connections left.
const TOO_MANY_CONNECTIONS: &str = "53300";

/// Translates an error of a statement.
pub(super) fn store_error(error: &Error) -> StoreError {
    match error {
        Error::DatabaseError(kind, information) => database_error(kind, information.as_ref()),
        other => StoreError::statement(Nature::Final, other.to_string().into()),
    }
}

fn database_error(kind: &DatabaseErrorKind, information: &dyn DatabaseErrorInformation) -> StoreError {
    use DatabaseErrorKind as Kind;
    let source = information.message().into();
    let nature = match kind {
        Kind::ClosedConnection | Kind::UnableToSendCommand => return StoreError::unreachable(source),
        Kind::ReadOnlyTransaction => return StoreError::read_only(source),
        Kind::SerializationFailure => Nature::Contended,
        Kind::UniqueViolation
        | Kind::ForeignKeyViolation
        | Kind::NotNullViolation
        | Kind::CheckViolation
        | Kind::RestrictViolation
        | Kind::ExclusionViolation => Nature::Data,
        _ => Nature::Unknown,
    };
    StoreError::statement(nature, source)
}

/// The error of a connection that could not be opened. `text` holds no secret; the answer to another request decides.
pub(super) fn connection_error(text: &str, answer: Answer) -> StoreError {
    let source = text.into();
    match answer {
        // What kept the first request out is over.
        Answer::None | Answer::Begun => StoreError::unreachable(source),
        Answer::Asks => StoreError::refused(source),
        Answer::Refused(code) => StoreError::from_sqlstate(&code, source),
    }
}

/// The error of a server that refuses each connection, but has one for the next request. `text` holds no secret.
pub(super) fn full(text: &str) -> StoreError {
    StoreError::from_sqlstate(TOO_MANY_CONNECTIONS, text.into())
}

/// The error of a pool of the application that lends no connection. Its text may quote the connection string.
pub(super) fn pool_error(pool: &PgPool) -> StoreError {
    let state = pool.state();
    if state.connections >= pool.max_size() && state.idle_connections == 0 {
        return StoreError::PoolExhausted;
    }
    let reason = "the connection pool of the application could not open a connection; its error handler has the reason";
    StoreError::unreachable(reason.into())
}
