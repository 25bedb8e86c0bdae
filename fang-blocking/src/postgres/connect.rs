//! Where connections come from, and what each kind is for.

use super::error::{pool_error, store_error};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, ManageConnection, NopErrorHandler, Pool, PooledConnection};
use diesel::Connection;
use fang_core::{Redacted, StoreError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The connection pool of an application over diesel.
pub type PgPool = Pool<ConnectionManager<PgConnection>>;

/// The engine's statements look up rows by index, however few there were when they were planned: the
/// plan is kept, and the table may have grown a thousandfold before it is made anew.
const SETTINGS: &str = "SET default_transaction_isolation = 'read committed'; SET statement_timeout = '30s';
    SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";

/// Takes the settings back before a connection returns to the application.
const RESET: &str = "RESET default_transaction_isolation; RESET statement_timeout;
    RESET enable_seqscan; RESET enable_hashjoin; RESET enable_mergejoin; UNLISTEN *";

/// The channel on which inserts are announced.
const LISTEN: &str = "LISTEN fang";

/// How long a caller waits for a connection.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// With fewer connections than this, the engine shares those of the application.
const ENOUGH_TO_PIN: u32 = 3;

/// What the connections of a channel are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Calls,
    Engine,
    Heart,
}

/// What the application chose.
#[derive(Clone)]
pub(crate) enum Address {
    /// A database, to which the library connects by itself.
    Uri { uri: Redacted<String>, max_pool_size: u32, listen: bool },
    /// The application's own pool: the engine lives on its connections.
    Pool { pool: PgPool, listen: bool },
}

/// A way to the database.
pub(super) enum Channel {
    /// Connections of the library's own.
    Own(Pool<Dialer>),
    /// The application's, one for each statement.
    Shared(PgPool),
    /// One of the application's, kept.
    Pinned(Pin),
}

impl Address {
    pub(super) fn channel(&self, role: Role) -> Channel {
        match self {
            Self::Uri { uri, max_pool_size, listen } => {
                let (size, setup) = match role {
                    Role::Calls => ((*max_pool_size).max(1), String::new()),
                    // One to claim and one to finish.
                    Role::Engine => (2, SETTINGS.to_owned()),
                    Role::Heart => (1, setup(role, *listen)),
                };
                Channel::Own(pool(Dialer { uri: uri.clone(), setup }, size))
            }
            Self::Pool { pool, listen } => match role {
                Role::Calls => Channel::Shared(pool.clone()),
                Role::Engine if pool.max_size() < ENOUGH_TO_PIN => Channel::Shared(pool.clone()),
                Role::Engine | Role::Heart => Channel::Pinned(Pin::new(pool.clone(), setup(role, *listen))),
            },
        }
    }

    pub(super) fn listens(&self) -> bool {
        match self {
            Self::Uri { listen, .. } | Self::Pool { listen, .. } => *listen,
        }
    }
}

fn setup(role: Role, listen: bool) -> String {
    if role == Role::Heart && listen { format!("{SETTINGS}; {LISTEN}") } else { SETTINGS.to_owned() }
}

fn pool(dialer: Dialer, size: u32) -> Pool<Dialer> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .connection_timeout(WAIT_TIMEOUT)
        // A broken connection comes to light at its next statement, and is not used again; asking each
        // time would double the round trips.
        .test_on_check_out(false)
        // What keeps it from connecting is told to the caller.
        .error_handler(Box::new(NopErrorHandler))
        .build_unchecked(dialer)
}

impl Channel {
    /// Does something with a connection.
    pub(super) fn with<T>(
        &self,
        act: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Own(pool) => {
                let mut link = pool.get().map_err(|error| pool_error(&error))?;
                let outcome = act(&mut link.connection);
                link.is_broken = outcome.as_ref().is_err_and(is_broken);
                outcome
            }
            Self::Shared(pool) => act(&mut *pool.get().map_err(|error| pool_error(&error))?),
            Self::Pinned(pin) => pin.with(act),
        }
    }
}

/// Makes the library's own connections.
#[derive(Debug)]
pub(super) struct Dialer {
    uri: Redacted<String>,
    setup: String,
}

/// A connection of the library's own.
pub(super) struct Link {
    connection: PgConnection,
    is_broken: bool,
}

impl ManageConnection for Dialer {
    type Connection = Link;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Link, Self::Error> {
        let connection = PgConnection::establish(self.uri.expose()).map_err(diesel::r2d2::Error::ConnectionError)?;
        let mut link = Link { connection, is_broken: false };
        link.connection.batch_execute(&self.setup).map_err(diesel::r2d2::Error::QueryError)?;
        Ok(link)
    }

    fn is_valid(&self, _: &mut Link) -> Result<(), Self::Error> {
        Ok(())
    }

    fn has_broken(&self, link: &mut Link) -> bool {
        link.is_broken || std::thread::panicking()
    }
}

/// One connection of the application, kept, so that tasks which hold all others do not stop the
/// engine. It goes back, as it came, when the pool has stopped.
pub(super) struct Pin {
    pool: PgPool,
    setup: String,
    held: Mutex<Option<PooledConnection<ConnectionManager<PgConnection>>>>,
}

impl Pin {
    fn new(pool: PgPool, setup: String) -> Self {
        Self { pool, setup, held: Mutex::default() }
    }

    fn with<T>(&self, act: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match held.as_mut() {
            Some(connection) => connection,
            None => {
                let mut fresh = self.pool.get().map_err(|error| pool_error(&error))?;
                fresh.batch_execute(&self.setup).map_err(|error| store_error(&error))?;
                held.insert(fresh)
            }
        };
        let outcome = act(connection);
        if outcome.as_ref().is_err_and(is_broken) {
            *held = None;
        }
        outcome
    }
}

/// Whether a connection is of no more use.
fn is_broken(error: &StoreError) -> bool {
    matches!(error, StoreError::Unreachable { .. })
}

impl Drop for Pin {
    fn drop(&mut self) {
        if let Some(connection) = self.held.get_mut().unwrap_or_else(PoisonError::into_inner) {
            if let Err(error) = connection.batch_execute(RESET) {
                log::debug!("a connection could not be given back as it came: {}", store_error(&error));
            }
        }
    }
}
