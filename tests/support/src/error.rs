//! What can go wrong while a test gets its database.

use std::{fmt, io};

/// Why there is no cluster or no database.
#[derive(Debug)]
#[non_exhaustive]
pub enum SupportError {
    /// No Postgres server is installed where we look.
    NotInstalled,
    /// PgBouncer is not installed where we look.
    NoPgBouncer,
    /// libfaketime is not installed where we look.
    NoFaketime,
    /// A disk could not be mounted; the text is what `mount` said.
    NoDisk(String),
    /// Running as root, and neither `setpriv` nor `runuser` nor an account to
    /// run the server as is there.
    NoServerUser(String),
    /// The system refused something while the cluster was being set up.
    Io {
        /// What was being done.
        doing: String,
        /// The system's answer.
        source: io::Error,
    },
    /// `initdb` or `pg_ctl` failed; the text is the end of what they printed.
    Server {
        /// The step: `init`, `start` or `stop`.
        step: &'static str,
        /// The end of the output and of the server's log.
        output: String,
    },
    /// What was given, such as `DATABASE_URL`, is not a `postgres://` URI with what it needs.
    BadUri,
    /// The server was reached (or not) and said no.
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
                write!(f, "a tmpfs could not be mounted, which takes root (in a container, CAP_SYS_ADMIN): {why}")
            }
            Self::NoServerUser(what) => {
                write!(f, "Postgres refuses to run as root and there is no other way to run it: {what}")
            }
            Self::Io { doing, source } => write!(f, "{doing}: {source}"),
            Self::Server { step, output } => write!(f, "Postgres: {step} failed:\n{output}"),
            Self::BadUri => f.write_str(
                "the connection string (DATABASE_URL, unless another was given) must be a postgres:// URI; \
                 a proxy needs a host in it that is reached over TCP",
            ),
            // Its own text is only "db error"; the reason is one level down.
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
