//! The errors of the test support.

use std::{fmt, io};

/// An error of creating a cluster, a database, a pooler or a disk.
#[derive(Debug)]
#[non_exhaustive]
pub enum SupportError {
    /// Postgres was not found.
    NotInstalled,
    /// PgBouncer was not found.
    NoPgBouncer,
    /// libfaketime was not found.
    NoFaketime,
    /// A disk could not be mounted. The text is the output of `mount`.
    NoDisk(String),
    /// The process runs as root, and an account for the server, or the programs
    /// `setpriv` and `runuser`, are missing.
    NoServerUser(String),
    /// A system call failed.
    Io {
        /// The operation that failed.
        doing: String,
        /// The error of the system.
        source: io::Error,
    },
    /// `initdb` or `pg_ctl` failed.
    Server {
        /// The step: `init`, `start` or `stop`.
        step: &'static str,
        /// The end of their output and of the log of the server.
        output: String,
    },
    /// The connection string, such as `DATABASE_URL`, is not a suitable `postgres://` URI.
    BadUri,
    /// The server cannot be reached or returned an error.
    Postgres(tokio_postgres::Error),
}

impl SupportError {
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }
}

impl fmt::Display for SupportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => f.write_str(
                "no Postgres server found in PATH or /usr/lib/postgresql/*/bin; \
                 install one (`apt-get install postgresql`, or run scripts/setup), \
                 or set DATABASE_URL to a server that is running",
            ),
            Self::NoPgBouncer => f.write_str(
                "no pgbouncer found in PATH or /usr/sbin; install it (`apt-get install pgbouncer`, or run scripts/setup)",
            ),
            Self::NoFaketime => f.write_str(
                "no faketime/libfaketimeMT.so.1 found in /usr/lib or /usr/lib/*; \
                 install it (`apt-get install libfaketime`, or run scripts/setup)",
            ),
            Self::NoDisk(why) => {
                write!(f, "a tmpfs could not be mounted; run as root (in a container, with CAP_SYS_ADMIN): {why}")
            }
            Self::NoServerUser(what) => {
                write!(f, "Postgres refuses to run as root; run the tests as another user, or install what is missing: {what}")
            }
            Self::Io { doing, source } => write!(f, "{doing}: {source}"),
            Self::Server { step, output } => write!(f, "Postgres: {step} failed:\n{output}"),
            Self::BadUri => f.write_str(
                "the connection string (DATABASE_URL, unless another was given) must be a postgres:// URI",
            ),
            // The text of tokio-postgres is only "db error". The reason is in its source.
            Self::Postgres(error) => match error.as_db_error() {
                Some(reason) => write!(f, "Postgres: {reason}"),
                None => write!(f, "Postgres: {error}"),
            },
        }
    }
}

impl std::error::Error for SupportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Postgres(error) => Some(error),
            _ => None,
        }
    }
}

impl From<tokio_postgres::Error> for SupportError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}
