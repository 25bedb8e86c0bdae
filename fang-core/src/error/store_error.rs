use super::sqlstate;
use crate::connections;
use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use uuid::Uuid;

type Boxed = Box<dyn Error + Send + Sync>;

/// The error of a driver. Clones share it. It is no error itself, so that [`Error::source`] of a [`StoreError`] is the
/// error of the driver and can be downcast.
#[derive(Clone, Debug)]
pub struct Source(Arc<dyn Error + Send + Sync>);

impl Deref for Source {
    type Target = dyn Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Boxed> for Source {
    fn from(source: Boxed) -> Self {
        Self(source.into())
    }
}

/// Whether repeating the request can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// The cause passes by itself: a broken connection, a restart of the server, a lock. Try again after a
    /// moment.
    Passing,
    /// Another transaction won. Nothing was changed, and the same statement may be sent again at once.
    Contended,
    /// The data cannot be saved, or there is a duplicate. The same request fails again, but the other tasks
    /// of its batch may succeed without it.
    Data,
    /// The driver does not tell the cause. Repeat the request a few times; then, if it is a batch, try its parts.
    Unknown,
    /// A person must remove the cause, such as a wrong password or missing tables.
    Final,
}

/// Why a store could not do what it was asked. [`nature`](Self::nature) says whether trying again can help.
/// Pools try again by themselves.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The `uri` of the queue is not valid. The error does not show it, since it may contain a password.
    #[error(
        "the database URI is not valid ({reason}); write it as \
         postgres://user:password@host:5432/database"
    )]
    Uri {
        /// The reason.
        reason: String,
    },
    /// A parameter of the connection string cannot be used. Its value is not shown.
    #[error("the parameter {name} of the database URI cannot be used: {reason}")]
    Parameter {
        /// The name of the parameter.
        name: &'static str,
        /// The reason, and what to do.
        reason: String,
    },
    /// The `schema` of the queue cannot be the name of a schema: it does not have 1 to 63 bytes, or it
    /// contains control characters.
    #[error("{reason}")]
    Schema {
        /// The reason.
        reason: String,
    },
    /// The server cannot be reached, or the connection broke.
    #[error(
        "the database cannot be reached: {source}; check that it runs and that host, port and TLS are right"
    )]
    Unreachable {
        /// The error of the driver.
        source: Source,
    },
    /// The process was forked after the queue had connected. Parent and child would share its connections.
    #[error(
        "the process was forked after this queue was first used, and the connections belong to its parent; fork \
         first, or build a new queue in the child"
    )]
    Forked,
    /// The server has as many connections as it allows.
    #[error(
        "the database has no connection left ({source}); the queues and pools of this program open up to {wanted} in \
         all, however many workers they have: lower max_pool_size, raise max_connections of the server, or put a pooler \
         in between and build the queue with `.pgbouncer(true)`"
    )]
    TooManyConnections {
        /// How many connections the queues and pools of this process open at most, on all servers.
        wanted: usize,
        /// The error of the driver.
        source: Source,
    },
    /// The server refused the connection: the user, the password or the name of the database is wrong.
    #[error("the database refused the connection: {source}; check user, password, database name and TLS")]
    Refused {
        /// The error of the driver.
        source: Source,
    },
    /// The connection goes through a pooler that gives it to another client after each transaction, and the
    /// queue was not built with `pgbouncer(true)`.
    #[error(
        "a pooler such as PgBouncer shares the connections to the database between transactions ({source}); build \
         the queue with `.pgbouncer(true)`, and turn off prepared statements in a connection pool of your own; or \
         connect to the server itself"
    )]
    Pooled {
        /// The error of the driver.
        source: Source,
    },
    /// The tables are missing, or older than this version needs.
    #[error(
        "the tables of fang are missing, or of another version: {reason}; call `queue.migrate()`, or run the \
         files of migrations/ with psql"
    )]
    NotMigrated {
        /// The detail.
        reason: String,
    },
    /// Another transaction locked the tables for 5 s, so `migrate` could not change them.
    #[error(
        "another transaction has locked the tables of fang: {reason}; end it (pg_blocking_pids shows which) and try again"
    )]
    Locked {
        /// The lock that was waited for.
        reason: String,
    },
    /// The server takes no changes: it has become a standby, or was set to read-only.
    #[error(
        "the database is read-only: {source}; the queue reconnects until it finds a server that takes changes"
    )]
    ReadOnly {
        /// The error of the driver.
        source: Source,
    },
    /// The server did not answer in time.
    #[error("the database did not answer within {seconds} s; the request is repeated")]
    Timeout {
        /// The time limit, in seconds.
        seconds: u64,
    },
    /// A test has paused tokio's clock, by `start_paused` or `tokio::time::pause`. That clock does not wait for a server:
    /// each time limit ends at once.
    #[error(
        "tokio's clock is paused, so each time limit ends before the database can answer; pause it only in tests of a \
         queue in memory, and let time pass in the database by `fang::testing::clock`"
    )]
    ClockPaused,
    /// The task has a duplicate and was inserted with [`Unique::or_error`](crate::Unique::or_error). No task
    /// of its batch was saved. Queues return it as [`QueueError::NotUnique`](crate::QueueError::NotUnique).
    #[error("a duplicate exists (task {id}); wait for it or remove it")]
    NotUnique {
        /// The id of the duplicate.
        id: Uuid,
    },
    /// All connections were in use for the whole time that a call waits for one: 30 s, or the time limit of a
    /// connection pool of your own.
    #[error("no connection became free in time; raise max_pool_size, or return connections sooner")]
    PoolExhausted,
    /// The store does not have this call. See [`Store::offers`](crate::store::Store::offers).
    #[error("this store does not offer {verb}; use one that does: `Store::offers` tells what a store can do")]
    NotOffered {
        /// The call.
        verb: &'static str,
    },
    /// The server refused a statement, for any other reason.
    #[error("the database refused a statement: {source}")]
    Statement {
        /// Whether repeating the request can help.
        nature: Nature,
        /// The error of the driver.
        source: Source,
    },
}

impl StoreError {
    /// The error for a broken connection, whose nature is [`Passing`](Nature::Passing).
    pub fn unreachable(source: Boxed) -> Self {
        Self::Unreachable { source: source.into() }
    }

    /// The error for a connection that the server refused, such as for a wrong password.
    pub fn refused(source: Boxed) -> Self {
        Self::Refused { source: source.into() }
    }

    /// The error for a server that takes no changes.
    pub fn read_only(source: Boxed) -> Self {
        Self::ReadOnly { source: source.into() }
    }

    /// The error for a statement that the server refused.
    pub fn statement(nature: Nature, source: Boxed) -> Self {
        Self::Statement { nature, source: source.into() }
    }

    /// The error for an insert that found a duplicate again and again, each of which had ended before it
    /// could be read.
    pub fn no_answer() -> Self {
        let reason = "each duplicate of the task ended just before it was looked up; try again";
        Self::statement(Nature::Passing, reason.into())
    }

    /// The error for an error of a Postgres server with this SQLSTATE code.
    pub fn from_sqlstate(code: &str, source: Boxed) -> Self {
        let source = Source::from(source);
        if sqlstate::is_missing_schema(code) {
            return Self::NotMigrated { reason: source.to_string() };
        }
        if sqlstate::is_refused(code) {
            return Self::Refused { source };
        }
        if sqlstate::is_read_only(code) {
            return Self::ReadOnly { source };
        }
        if sqlstate::is_pooled(code) {
            return Self::Pooled { source };
        }
        if sqlstate::is_full(code) {
            return Self::TooManyConnections { wanted: connections::at_most(), source };
        }
        if sqlstate::is_locked(code) {
            return Self::Locked { reason: source.to_string() };
        }
        Self::Statement { nature: sqlstate::nature(code), source }
    }

    /// The id of the duplicate, if this is [`NotUnique`](Self::NotUnique).
    pub fn duplicate(&self) -> Option<Uuid> {
        match self {
            Self::NotUnique { id } => Some(*id),
            _ => None,
        }
    }

    /// Whether another transaction won a race. If so, nothing was changed, and the same statement may be sent
    /// again at once.
    pub fn lost_a_race(&self) -> bool {
        matches!(self, Self::Statement { nature: Nature::Contended, .. })
    }

    /// Whether the store answered and refused this request. Else it could not be reached, gave no answer, or takes no
    /// request at all.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::TooManyConnections { .. }
            | Self::Uri { .. }
            | Self::Parameter { .. }
            | Self::Forked
            | Self::Refused { .. }
            | Self::Pooled { .. }
            | Self::ReadOnly { .. }
            | Self::Timeout { .. }
            | Self::ClockPaused
            | Self::PoolExhausted => false,
            Self::Schema { .. }
            | Self::NotMigrated { .. }
            | Self::Locked { .. }
            | Self::NotUnique { .. }
            | Self::NotOffered { .. }
            | Self::Statement { .. } => true,
        }
    }

    /// Whether the driver does not tell the cause.
    pub fn is_unknown(&self) -> bool {
        self.nature() == Nature::Unknown
    }

    /// Whether repeating the request can help.
    pub fn nature(&self) -> Nature {
        match self {
            Self::Unreachable { .. }
            | Self::TooManyConnections { .. }
            | Self::ReadOnly { .. }
            | Self::Timeout { .. }
            | Self::Locked { .. }
            | Self::PoolExhausted => Nature::Passing,
            Self::Uri { .. }
            | Self::Parameter { .. }
            | Self::Forked
            | Self::Schema { .. }
            | Self::Refused { .. }
            | Self::Pooled { .. }
            | Self::ClockPaused
            | Self::NotOffered { .. }
            | Self::NotMigrated { .. } => Nature::Final,
            Self::NotUnique { .. } => Nature::Data,
            Self::Statement { nature, .. } => *nature,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_table_says_what_to_call() {
        let error = StoreError::from_sqlstate("42P01", "no table fang_tasks".into());
        assert_eq!(error.nature(), Nature::Final);
        assert!(error.to_string().contains("queue.migrate()"));
    }

    #[test]
    fn errors_of_prepared_statements_and_startup_parameters_reveal_a_pooler() {
        let error = StoreError::from_sqlstate("42P05", "prepared statement \"s1\" already exists".into());
        assert!(error.to_string().contains("`.pgbouncer(true)`"), "{error}");
        let error = StoreError::from_sqlstate("08P01", "unsupported startup parameter: options".into());
        assert!(matches!(error, StoreError::Pooled { .. }), "{error}");
    }

    #[test]
    fn the_error_of_the_driver_can_be_downcast() {
        let error = StoreError::unreachable(Box::new(fmt::Error)).clone();
        assert!(error.source().is_some_and(|source| source.is::<fmt::Error>()));
    }

    #[test]
    fn a_lost_connection_passes() {
        assert_eq!(StoreError::from_sqlstate("08006", "gone".into()).nature(), Nature::Passing);
    }

    #[test]
    fn a_feature_that_is_not_offered_is_a_final_error_with_a_next_step() {
        let error = StoreError::NotOffered { verb: "count" };
        assert_eq!(error.nature(), Nature::Final);
        assert!(error.to_string().contains("count; use one that does"), "{error}");
    }
}
