use super::{PayloadError, QueueError, ScheduleError, StoreError};
use std::fmt;

/// The reason why a run failed. `run` returns it, and the row of the task keeps it as its error message, cut
/// at 8 KiB. `?` converts the errors of this crate, of `serde_json` and of `std::io` into it, and those of
/// tokio-postgres, deadpool-postgres, diesel and sqlx if the features that use them are on. For other errors,
/// use [`from_error`](Self::from_error) or `#[derive(ToFangError)]`.
///
/// ```
/// use fang_core::FangError;
/// let error = FangError { description: "no such feed".to_string() };
/// assert_eq!(error.to_string(), "no such feed");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FangError {
    /// The reason, as a text for people.
    pub description: String,
}

impl FangError {
    /// An error with this description.
    pub fn new(description: impl Into<String>) -> Self {
        Self { description: description.into() }
    }

    /// An error whose description is the message of another error, followed by the messages of its causes.
    ///
    /// ```
    /// use fang_core::FangError;
    /// let error = "x".parse::<u8>().map_err(FangError::from_error).unwrap_err();
    /// assert_eq!(error.description, "invalid digit found in string");
    /// ```
    // By value, so that it can be passed to `map_err`. A reference to an error is an error as well.
    #[allow(clippy::needless_pass_by_value)]
    pub fn from_error(error: impl std::error::Error) -> Self {
        Self { description: with_causes(&error) }
    }
}

impl fmt::Display for FangError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}

impl std::error::Error for FangError {}

/// The messages of an error and its causes.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        // Many libraries repeat their cause in their own message.
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}

/// The message of the error and its causes.
#[cfg(feature = "anyhow")]
impl From<anyhow::Error> for FangError {
    fn from(error: anyhow::Error) -> Self {
        Self { description: with_causes(error.as_ref()) }
    }
}

macro_rules! from_errors {
    ($($(#[$attribute:meta])* $error:ty),+ $(,)?) => {
        $(
            $(#[$attribute])*
            impl From<$error> for FangError {
                fn from(error: $error) -> Self {
                    Self::from_error(error)
                }
            }
        )+
    };
}

from_errors!(
    PayloadError,
    QueueError,
    ScheduleError,
    StoreError,
    serde_json::Error,
    std::io::Error,
    #[cfg(feature = "diesel")]
    diesel::result::Error,
);

/// The errors of drivers that may be about opening a connection. Their text may then quote the connection string, of
/// which nothing is known here, so that it is left out.
macro_rules! from_errors_of_connections {
    ($($(#[$attribute:meta])* $error:ty, |$it:ident| $quotes:expr;)+) => {
        $(
            $(#[$attribute])*
            impl From<$error> for FangError {
                fn from($it: $error) -> Self {
                    if $quotes { Self::new(NO_CONNECTION) } else { Self::from_error($it) }
                }
            }
        )+
    };
}

#[cfg(any(feature = "diesel", feature = "tokio-postgres", feature = "sqlx"))]
const NO_CONNECTION: &str = "no connection to the database could be opened; the reason is not kept here, since it may \
    quote the connection string";

from_errors_of_connections! {
    #[cfg(feature = "tokio-postgres")]
    tokio_postgres::Error, |error| quotes(&error);
    #[cfg(feature = "tokio-postgres")]
    deadpool_postgres::PoolError, |error| {
        matches!(&error, deadpool_postgres::PoolError::Backend(error) if quotes(error))
    };
    #[cfg(feature = "diesel")]
    diesel::ConnectionError, |_error| true;
    #[cfg(feature = "diesel")]
    diesel::r2d2::PoolError, |_error| true;
    #[cfg(feature = "sqlx")]
    sqlx::Error, |error| match &error {
        sqlx::Error::Configuration(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| refuses(&code)),
        _ => false,
    };
}

/// Whether an error is about the connection string, or comes from a server that refuses the user.
#[cfg(feature = "tokio-postgres")]
fn quotes(error: &tokio_postgres::Error) -> bool {
    let is_string = error.to_string() == "invalid connection string";
    is_string || error.code().is_some_and(|code| refuses(code.code()))
}

/// Whether a server refuses the user or the database, or a setting in the connection string.
#[cfg(any(feature = "tokio-postgres", feature = "sqlx"))]
fn refuses(code: &str) -> bool {
    code.starts_with("28") || code == "3D000"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "anyhow")]
    #[test]
    fn the_question_mark_keeps_the_context_of_an_anyhow_error() {
        fn run() -> Result<(), FangError> {
            let read = std::fs::read("/no/such/file");
            Ok(read.map(|_| ()).map_err(|error| anyhow::Error::from(error).context("no settings"))?)
        }
        let error = run().unwrap_err().description;
        assert!(error.starts_with("no settings: No such file"), "{error}");
    }

    #[test]
    fn the_question_mark_turns_io_and_json_errors_into_a_description() {
        fn json() -> Result<(), FangError> {
            serde_json::from_str::<u8>("x")?;
            Ok(())
        }
        fn io() -> Result<(), FangError> {
            std::fs::read("/no/such/file")?;
            Ok(())
        }
        assert!(json().unwrap_err().description.contains("expected value"));
        assert!(io().unwrap_err().description.contains("No such file"));
    }

    #[test]
    fn a_cause_is_named_once() {
        let error = StoreError::unreachable("connection refused".into());
        assert_eq!(with_causes(&error).matches("connection refused").count(), 1);
    }
}
