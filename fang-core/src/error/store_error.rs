use super::sqlstate;
use std::error::Error;
use uuid::Uuid;

type Source = Box<dyn Error + Send + Sync>;

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Passes by itself: the connection broke, the server restarts, a lock was taken.
    Passing,
    /// Another transaction won; nothing was changed, and the same statement may be sent again at once.
    Contended,
    /// The data is at fault: the same request fails for ever, its neighbours do not.
    Data,
    /// Somebody has to act: a wrong password, a missing schema.
    Final,
}

/// Why a store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The connection string cannot be read. The string itself is not shown: it may hold a password.
    #[error(
        "the database URI is not valid ({reason}); it looks like \
         postgres://user:password@host:5432/database"
    )]
    Uri {
        /// What is wrong with it.
        reason: String,
    },
    /// The name of the schema cannot be one.
    #[error("{reason}")]
    Schema {
        /// What is wrong with it.
        reason: String,
    },
    /// No connection to the server.
    #[error(
        "the database cannot be reached: {source}; check that it runs and that host, port and TLS are right"
    )]
    Unreachable {
        /// The error of the driver.
        source: Source,
    },
    /// The server refused the user.
    #[error("the database refused the connection: {source}; check user, password and database name")]
    Refused {
        /// The error of the driver.
        source: Source,
    },
    /// A pooler gives the connection to others between transactions, and the queue was not told.
    #[error(
        "the connections to the database are shared with others from transaction to transaction, by PgBouncer or \
         another pooler ({source}); build the queue with `.pgbouncer(true)`, and let a connection pool of your own \
         prepare nothing; or connect to the server itself"
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
        /// What is missing.
        reason: String,
    },
    /// Another transaction holds the tables.
    #[error(
        "another transaction holds the tables of fang: {reason}; end it (pg_blocking_pids tells which) and try again"
    )]
    Locked {
        /// What was waited for.
        reason: String,
    },
    /// The server takes no changes: it is a standby by now, or was told to take none.
    #[error(
        "the database is read-only: {source}; its connections are made anew until they lead to a server that \
         takes changes"
    )]
    ReadOnly {
        /// The error of the driver.
        source: Source,
    },
    /// The server did not answer in time.
    #[error("the database did not answer within {seconds} s; it is tried again")]
    Timeout {
        /// How long was waited.
        seconds: u64,
    },
    /// A task like it is there, and the insert was told to fail then. Nothing was saved.
    #[error("task {id} is there and is the same; wait until it no longer counts, or remove it")]
    NotUnique {
        /// The one that is there.
        id: Uuid,
    },
    /// All connections of the pool are in use.
    #[error("no connection became free in time; raise max_pool_size, or hold connections for less time")]
    PoolExhausted,
    /// The store has no such feature.
    #[error("this store does not offer {verb}; use one that does: `Store::offers` tells what a store can do")]
    NotOffered {
        /// What was asked of it.
        verb: &'static str,
    },
    /// The server refused a statement.
    #[error("the database refused a statement: {source}")]
    Statement {
        /// Whether trying again can help.
        nature: Nature,
        /// The error of the driver.
        source: Source,
    },
}

impl StoreError {
    /// An error of a connection, which passes.
    pub fn unreachable(source: Source) -> Self {
        Self::Unreachable { source }
    }

    /// Unique tasks came and went so quickly that no insert got an answer.
    pub fn no_answer() -> Self {
        let reason = "unique tasks ended each time just before they were looked for; try again";
        Self::Statement { nature: Nature::Passing, source: reason.into() }
    }

    /// What a server's error means, by its SQLSTATE code.
    pub fn from_sqlstate(code: &str, source: Source) -> Self {
        if sqlstate::is_missing_schema(code) {
            return Self::NotMigrated { reason: source.to_string() };
        }
        if sqlstate::is_refused(code) {
            return Self::Refused { source };
        }
        if sqlstate::is_read_only(code) {
            return Self::ReadOnly { source };
        }
        if sqlstate::is_pooled(code) || is_pooler(&source.to_string()) {
            return Self::Pooled { source };
        }
        Self::Statement { nature: sqlstate::nature(code), source }
    }

    /// The task that is there, when that is why nothing was saved.
    pub fn duplicate(&self) -> Option<Uuid> {
        match self {
            Self::NotUnique { id } => Some(*id),
            _ => None,
        }
    }

    /// Whether another transaction won, so that nothing was changed and the same statement may be
    /// sent again at once.
    pub fn lost_a_race(&self) -> bool {
        matches!(self, Self::Statement { nature: Nature::Contended, .. })
    }

    /// Whether trying again can help.
    pub fn nature(&self) -> Nature {
        match self {
            Self::Unreachable { .. }
            | Self::ReadOnly { .. }
            | Self::Timeout { .. }
            | Self::Locked { .. }
            | Self::PoolExhausted => Nature::Passing,
            Self::Uri { .. }
            | Self::Schema { .. }
            | Self::Refused { .. }
            | Self::Pooled { .. }
            | Self::NotOffered { .. }
            | Self::NotMigrated { .. } => Nature::Final,
            Self::NotUnique { .. } => Nature::Data,
            Self::Statement { nature, .. } => *nature,
        }
    }
}

/// Whether words of a server's error are those of a pooler, or of a server behind one.
pub fn is_pooler(message: &str) -> bool {
    let statement = message.contains("prepared statement");
    message.contains("unsupported startup parameter")
        || statement && (message.contains("already exists") || message.contains("does not exist"))
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
    fn statements_that_come_and_go_by_themselves_tell_of_a_pooler() {
        let error = StoreError::from_sqlstate("42P05", "prepared statement \"s1\" already exists".into());
        assert!(error.to_string().contains("`.pgbouncer(true)`"), "{error}");
        let error = StoreError::from_sqlstate("08P01", "unsupported startup parameter: options".into());
        assert!(matches!(error, StoreError::Pooled { .. }), "{error}");
    }

    #[test]
    fn a_lost_connection_passes() {
        assert_eq!(StoreError::from_sqlstate("08006", "gone".into()).nature(), Nature::Passing);
    }

    #[test]
    fn what_is_not_offered_never_will_be_and_says_what_to_do() {
        let error = StoreError::NotOffered { verb: "count" };
        assert_eq!(error.nature(), Nature::Final);
        assert!(error.to_string().contains("count; use one that does"), "{error}");
    }
}
