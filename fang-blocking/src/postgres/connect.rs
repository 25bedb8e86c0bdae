//! Where connections come from, and what each kind is for.

mod listener;
mod own;
mod pin;
mod sockets;
mod uri;

use super::error::{pool_error, store_error};
use super::run::Keep;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use fang_core::sql::MAX_TRIES;
pub(super) use fang_core::sql::session::Role;
use fang_core::store::Socket;
use fang_core::wake::Wakes;
use fang_core::{Redacted, StoreError};
use listener::Listener;
pub(super) use own::Dialer;
use own::Own;
use pin::{Pin, Pins};
use sockets::Opened;
use std::sync::Arc;

/// The connection pool of an application over diesel.
pub type PgPool = Pool<ConnectionManager<PgConnection>>;

/// With fewer connections than this, the engine shares those of the application ...
const ENOUGH_FOR_THE_ENGINE: u32 = 3;
/// ... and with fewer than this, so does the heart, which then cannot listen.
const ENOUGH_FOR_THE_HEART: u32 = 2;

/// Where the database is, and how to get there.
#[derive(Clone)]
pub(crate) struct Address {
    source: Source,
    listen: bool,
    pgbouncer: bool,
}

#[derive(Clone)]
enum Source {
    /// A database, to which the library connects by itself.
    Uri { uri: Redacted<String>, max_pool_size: u32 },
    /// The application's own pool: the engine lives on its connections.
    Pool { pool: PgPool, pins: Arc<Pins> },
}

/// Connections of one kind, and how statements travel over them.
pub(super) struct Channel {
    way: Way,
    /// Behind a pooler nothing is kept on a connection, and each statement has a transaction of its own
    /// that begins so.
    begin: Option<&'static str>,
}

/// A way to the database.
enum Way {
    /// Connections of the library's own.
    Own(Own),
    /// The application's, one for each statement.
    Shared(PgPool),
    /// One of the application's, kept.
    Pinned(Arc<Pin>),
}

impl Address {
    pub(crate) fn uri(uri: &Redacted<String>, max_pool_size: u32) -> Self {
        let uri = Redacted::from(uri::guarded(uri.expose()));
        Self { source: Source::Uri { uri, max_pool_size }, listen: false, pgbouncer: false }
    }

    pub(crate) fn pool(pool: PgPool) -> Self {
        Self { source: Source::Pool { pool, pins: Arc::default() }, listen: false, pgbouncer: false }
    }

    /// What the application chose.
    pub(crate) fn options(self, listen: bool, pgbouncer: bool) -> Self {
        let can_listen = match &self.source {
            Source::Uri { .. } => !pgbouncer,
            Source::Pool { pool, .. } => !pgbouncer && pool.max_size() >= ENOUGH_FOR_THE_HEART,
        };
        Self { listen: listen && can_listen, pgbouncer, ..self }
    }

    pub(super) fn channel(&self, role: Role, wakes: &Wakes) -> Channel {
        Channel { way: self.way(role, wakes), begin: self.pgbouncer.then_some(role.begin()) }
    }

    fn way(&self, role: Role, wakes: &Wakes) -> Way {
        let listener = (role == Role::Heart && self.listen).then(|| Listener::new(wakes.clone()));
        let setup = Setup { role, listener, pgbouncer: self.pgbouncer };
        match &self.source {
            Source::Uri { uri, max_pool_size } => {
                let dialer = Dialer::new(uri.clone(), setup);
                Way::Own(Own::new(dialer, pool_size(role, *max_pool_size)))
            }
            Source::Pool { pool, pins } => match role {
                Role::Engine if pool.max_size() >= ENOUGH_FOR_THE_ENGINE => {
                    Way::Pinned(pins.engine.get(pool, setup))
                }
                Role::Heart if pool.max_size() >= ENOUGH_FOR_THE_HEART => {
                    Way::Pinned(pins.heart.get(pool, setup))
                }
                _ => Way::Shared(pool.clone()),
            },
        }
    }

    /// What opens the connections that hold tasks: only where they are the library's own, and lead straight to the
    /// server.
    pub(super) fn dialer(&self) -> Option<Dialer> {
        let setup = Setup { role: Role::Holds, listener: None, pgbouncer: false };
        match &self.source {
            Source::Uri { uri, .. } if !self.pgbouncer => Some(Dialer::new(uri.clone(), setup)),
            Source::Uri { .. } | Source::Pool { .. } => None,
        }
    }

    pub(super) fn listens(&self) -> bool {
        self.listen
    }
}

fn pool_size(role: Role, max_pool_size: u32) -> usize {
    match role {
        Role::Calls => max_pool_size.max(1) as usize,
        // One to claim and one to finish; the second opens only when both have to be done at once.
        Role::Engine => 2,
        // Those that hold tasks are opened one by one.
        Role::Heart | Role::Holds => 1,
    }
}

/// How a new connection is made ready.
struct Setup {
    role: Role,
    /// What listens on it.
    listener: Option<Listener>,
    /// Whether it is told nothing: its transactions are.
    pgbouncer: bool,
}

impl Setup {
    /// For a connection whose socket is not one of `before`, if it is known what was open.
    fn run(&self, connection: &mut PgConnection, before: Option<&Opened>) -> diesel::QueryResult<()> {
        if self.pgbouncer {
            return Ok(());
        }
        connection.batch_execute(&self.role.session())?;
        self.listener.iter().try_for_each(|listener| listener.begin(connection, before))
    }

    /// What is open before a connection, if that is of interest.
    fn before(&self) -> Option<Opened> {
        self.listener.is_some().then(Opened::now)
    }

    /// Whether the server has closed the connection while nobody used it: a look at the socket, since
    /// asking the server each time would double the round trips.
    fn finds_closed(&self, connection: &mut PgConnection) -> bool {
        // A look takes what was announced, and the heart looks when it is closed.
        self.listener.is_none()
            // The first may read the server's last words, and only the second that the socket is closed.
            && (0..2).any(|_| connection.notifications_iter().any(|heard| heard.is_err()))
    }
}

impl Channel {
    /// Does something with a connection, behind a pooler within a transaction.
    pub(super) fn with<T>(
        &self,
        mut act: impl FnMut(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.plainly(|connection| match self.begin {
            Some(begin) => within(connection, begin, &mut act),
            None => act(connection),
        })
    }

    /// Does something with a connection as it is.
    pub(super) fn plainly<T>(
        &self,
        mut act: impl FnMut(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        for _ in 1..MAX_TRIES {
            match self.way.once(&mut act) {
                Err(error) if error.lost_a_race() => {}
                outcome => return outcome,
            }
        }
        self.way.once(&mut act)
    }

    /// Where announcements arrive, if its connection listens and the system tells.
    pub(super) fn socket(&self) -> Option<Socket> {
        let listener = match &self.way {
            Way::Own(own) => own.listener(),
            Way::Pinned(pin) => pin.listener(),
            Way::Shared(_) => None,
        };
        listener.and_then(Listener::socket)
    }

    /// Whether statements are prepared on its connections.
    pub(super) fn keep(&self) -> Keep {
        if self.begin.is_some() { Keep::Nothing } else { Keep::Prepared }
    }
}

impl Way {
    fn once<T>(
        &self,
        act: &mut impl FnMut(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Own(own) => own.with(act),
            Self::Shared(pool) => {
                let mut connection = pool.get().map_err(|error| pool_error(&error))?;
                let outcome = act(&mut connection);
                give_up_read_only(&mut connection, &outcome);
                outcome
            }
            Self::Pinned(pin) => pin.with(act),
        }
    }
}

/// Does something within a transaction that begins so.
fn within<T>(
    connection: &mut PgConnection,
    begin: &str,
    act: &mut impl FnMut(&mut PgConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    AnsiTransactionManager::begin_transaction_sql(connection, begin).map_err(|error| store_error(&error))?;
    match act(connection) {
        Ok(value) => {
            AnsiTransactionManager::commit_transaction(connection).map_err(|error| store_error(&error))?;
            Ok(value)
        }
        Err(error) => {
            // One that cannot be rolled back is not used again.
            let _ = AnsiTransactionManager::rollback_transaction(connection);
            Err(error)
        }
    }
}

/// What came of a statement, and whether its connection is of any more use: the words of an error do
/// not always say.
fn judge<T>(connection: &mut PgConnection, outcome: Result<T, StoreError>) -> (Result<T, StoreError>, bool) {
    match outcome {
        Ok(value) => (Ok(value), true),
        // A server that has become a standby refuses to write for ever; the primary is elsewhere.
        Err(error @ StoreError::ReadOnly { .. }) => (Err(error), false),
        Err(error) if is_usable(connection) => (Err(error), true),
        Err(StoreError::Statement { source, .. }) => (Err(StoreError::unreachable(source)), false),
        Err(error) => (Err(error), false),
    }
}

fn is_usable(connection: &mut PgConnection) -> bool {
    !AnsiTransactionManager::is_broken_transaction_manager(connection)
        && connection.batch_execute("SELECT 1").is_ok()
}

/// Ends a connection of the application's pool that takes no changes: the pool would keep it, and hand
/// it out again and again. It makes a new one in its place.
fn give_up_read_only<T>(connection: &mut PgConnection, outcome: &Result<T, StoreError>) {
    if matches!(outcome, Err(StoreError::ReadOnly { .. })) {
        // Its answer is that the connection has ended.
        let _ = connection.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())");
    }
}
