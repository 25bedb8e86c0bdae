//! Why a command failed, in one line that says what to do.

use fang_core::{QueueError, ScheduleError, StoreError};
use std::fmt;
use std::io::Write;
use std::process::ExitCode;

/// The code of SQLSTATE for a right that is missing.
const NO_RIGHT: &str = "(SQLSTATE 42501)";

/// The reason of a failure, and what to do.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// A failure with this text.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Tells it in one line on the standard error.
    pub(crate) fn tell(&self) -> ExitCode {
        // If nobody can be told, the exit code has to do.
        let _ = writeln!(std::io::stderr(), "fang: {self}");
        ExitCode::from(2)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.split(char::is_control).filter(|part| !part.is_empty()).collect();
        f.write_str(&words.join(" "))
    }
}

impl From<QueueError> for Failure {
    fn from(error: QueueError) -> Self {
        match &error {
            QueueError::Store(error) => Self(of_store(error)),
            other => Self(other.to_string()),
        }
    }
}

impl From<ScheduleError> for Failure {
    fn from(error: ScheduleError) -> Self {
        Self(error.to_string())
    }
}

/// The texts of the library speak to programs. Where these tell what to write in Rust, the shell needs others.
fn of_store(error: &StoreError) -> String {
    match error {
        StoreError::NotMigrated { reason } => format!(
            "the tables of fang are missing, or of another version: {reason}; run `fang migrate`, or name their schema \
             with --schema"
        ),
        StoreError::Pooled { source } => format!(
            "a pooler such as PgBouncer shares the connections to the database ({source}); add --pgbouncer, or connect \
             to the server itself"
        ),
        StoreError::TooManyConnections { source, .. } => {
            format!(
                "the database has no connection left ({source}); try again, or raise max_connections of the server"
            )
        }
        StoreError::ReadOnly { source } => {
            format!("the database is read-only: {source}; name the primary server in the database URL")
        }
        StoreError::Timeout { seconds } => {
            format!(
                "the database did not answer within {seconds} s; try again, or look for locks (pg_blocking_pids)"
            )
        }
        StoreError::Statement { source, .. } if source.to_string().contains(NO_RIGHT) => format!(
            "the user of the database lacks a right: {source}; grant it (fang's guide lists the rights under Deploying), \
             or name another user in the database URL"
        ),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_and_cannot_steer_the_terminal() {
        let text = Failure::new("no\r\n\u{1b}[31mrow").to_string();
        assert_eq!(text, "no [31mrow");
    }

    #[test]
    fn the_texts_name_options_of_the_command_and_no_calls_in_rust() {
        let errors = [
            (StoreError::from_sqlstate("42P05", "x".into()), "--pgbouncer"),
            (StoreError::NotMigrated { reason: "x".into() }, "fang migrate"),
            (StoreError::Timeout { seconds: 30 }, "try again"),
            (StoreError::from_sqlstate("42501", "no (SQLSTATE 42501)".into()), "grant it"),
            (StoreError::from_sqlstate("53300", "full".into()), "max_connections"),
            (StoreError::from_sqlstate("25006", "standby".into()), "primary"),
        ];
        for (error, advice) in errors {
            let text = Failure::from(QueueError::from(error)).to_string();
            assert!(text.contains(advice) && !text.contains("queue."), "{text}");
        }
    }
}
