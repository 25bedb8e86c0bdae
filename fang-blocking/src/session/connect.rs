//! Where connections come from, and what each kind is for.

mod listener;
mod pin;
mod seats;
mod sockets;
mod uri;

use super::client::DieselSession;
use super::error::{pool_error, store_error};
use super::statement::Keep;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::query_builder::QueryId;
use diesel::r2d2::{ConnectionManager, Pool, PooledConnection};
use diesel::sql_types::SqlType;
use fang_core::store::{Heard, Socket};
use fang_core::wake::Wakes;
use fang_core::{Redacted, StoreError};
use fang_postgres::Connections;
use fang_postgres::settings::Role;
use listener::Listener;
use pin::Pins;
use seats::{Dialer, Seat, Seats};
use sockets::Opened;
use std::collections::BTreeSet;
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

/// The ways to the database.
pub(crate) struct Links {
    address: Address,
    wakes: Wakes,
    calls: Way,
    engine: Way,
    heart: Way,
    /// What opens the connections that hold tasks.
    dialer: Option<Dialer>,
}

/// A way to the database.
#[derive(Clone)]
enum Way {
    /// Connections that the library keeps.
    Kept(Arc<Seats>),
    /// The application's, one for each session.
    Shared(PgPool),
}

/// A connection, and where it came from.
pub(super) enum Link {
    /// The library opened it.
    Own(PgConnection),
    /// It is lent by the application's pool.
    Theirs(PooledConnection<ConnectionManager<PgConnection>>),
}

/// Where a connection belongs.
pub(super) enum Place {
    /// To a seat, for the next who comes.
    Seat(Seat),
    /// To the application's pool.
    Pool,
    /// To nobody else.
    Apart,
}

/// Where a row lies, to Postgres.
#[derive(Clone, Copy, Debug, SqlType, QueryId)]
#[diesel(postgres_type(oid = 27, array_oid = 1010))]
pub(super) struct TidSql;

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

    fn way(&self, role: Role, wakes: &Wakes) -> Way {
        let listener = (role == Role::Heart && self.listen).then(|| Listener::new(wakes.clone()));
        let setup = Setup { role, listener, pgbouncer: self.pgbouncer };
        match &self.source {
            Source::Uri { uri, max_pool_size } => {
                let dialer = Dialer::new(uri.clone(), setup);
                Way::Kept(Arc::new(Seats::own(dialer, pool_size(role, *max_pool_size))))
            }
            Source::Pool { pool, pins } => match role {
                Role::Engine if pool.max_size() >= ENOUGH_FOR_THE_ENGINE => {
                    Way::Kept(pins.engine.get(pool, setup))
                }
                Role::Heart if pool.max_size() >= ENOUGH_FOR_THE_HEART => {
                    Way::Kept(pins.heart.get(pool, setup))
                }
                _ => Way::Shared(pool.clone()),
            },
        }
    }

    /// What opens the connections that hold tasks: only where they are the library's own, and lead straight to the
    /// server.
    fn dialer(&self) -> Option<Dialer> {
        let setup = Setup { role: Role::Holds, listener: None, pgbouncer: false };
        match &self.source {
            Source::Uri { uri, .. } if !self.pgbouncer => Some(Dialer::new(uri.clone(), setup)),
            Source::Uri { .. } | Source::Pool { .. } => None,
        }
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
        self.listener.is_none() && finds_closed(connection)
    }
}

fn finds_closed(connection: &mut PgConnection) -> bool {
    // The first may read the server's last words, and only the second that the socket is closed.
    (0..2).any(|_| connection.notifications_iter().any(|heard| heard.is_err()))
}

impl Links {
    /// Those of an application.
    pub(crate) fn new(address: Address) -> Self {
        let wakes = Wakes::default();
        let calls = address.way(Role::Calls, &wakes);
        Self { engine: calls.clone(), heart: calls.clone(), calls, dialer: address.dialer(), wakes, address }
    }

    fn session_now(&self, role: Role) -> Result<DieselSession, StoreError> {
        let way = match role {
            Role::Calls => &self.calls,
            Role::Engine => &self.engine,
            Role::Heart => &self.heart,
            Role::Holds => return self.session_apart(),
        };
        let keep = if self.address.pgbouncer { Keep::Nothing } else { Keep::Prepared };
        match way {
            Way::Kept(seats) => {
                let (link, seat) = seats.clone().take()?;
                Ok(DieselSession::new(link, Place::Seat(seat), keep))
            }
            Way::Shared(pool) => {
                let link = Link::Theirs(pool.get().map_err(|error| pool_error(&error))?);
                Ok(DieselSession::new(link, Place::Pool, keep))
            }
        }
    }

    fn session_apart(&self) -> Result<DieselSession, StoreError> {
        let none = || StoreError::unreachable("nothing can be held over these connections".into());
        let dialer = self.dialer.as_ref().ok_or_else(none)?;
        Ok(DieselSession::new(Link::Own(dialer.connect()?), Place::Apart, Keep::Prepared))
    }

    /// Hears what was announced since the last look.
    fn hear(&self) -> Result<Heard, StoreError> {
        let mut session = self.session_now(Role::Heart)?;
        let payloads =
            session.connection().notifications_iter().map(|heard| heard.map(|heard| heard.payload));
        let heard = payloads.collect::<Result<BTreeSet<_>, _>>().map_err(|error| store_error(&error));
        let heard = session.finish(heard)?;
        heard.iter().for_each(|payload| self.wakes.hear(payload));
        Ok(Heard::new(heard.len()).arrives_on(self.heart.socket()))
    }
}

impl Connections for Links {
    type Session = DieselSession;

    async fn session(&self, role: Role) -> Result<DieselSession, StoreError> {
        self.session_now(role)
    }

    fn of_a_pool(&self) -> Result<Self, StoreError> {
        Ok(Self {
            calls: self.calls.clone(),
            engine: self.address.way(Role::Engine, &self.wakes),
            heart: self.address.way(Role::Heart, &self.wakes),
            dialer: self.address.dialer(),
            wakes: self.wakes.clone(),
            address: self.address.clone(),
        })
    }

    fn is_pooled(&self) -> bool {
        self.address.pgbouncer
    }

    fn can_hold(&self) -> bool {
        self.dialer.is_some()
    }

    fn listens(&self) -> bool {
        self.address.listen
    }

    fn wakes(&self) -> &Wakes {
        &self.wakes
    }

    async fn listen(&self) -> Result<Option<Heard>, StoreError> {
        if self.address.listen { self.hear().map(Some) } else { Ok(None) }
    }
}

impl Way {
    /// Where announcements arrive, if its connection listens and the system tells.
    fn socket(&self) -> Option<Socket> {
        match self {
            Self::Kept(seats) => seats.listener().and_then(Listener::socket),
            Self::Shared(_) => None,
        }
    }
}

impl Link {
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        match self {
            Self::Own(connection) => connection,
            Self::Theirs(connection) => connection,
        }
    }

    pub(super) fn is_theirs(&self) -> bool {
        matches!(self, Self::Theirs(_))
    }
}

impl Place {
    /// Whether the server has closed a connection from here while nobody used it.
    pub(super) fn finds_closed(&self, connection: &mut PgConnection) -> bool {
        match self {
            Self::Seat(seat) => seat.finds_closed(connection),
            Self::Pool | Self::Apart => finds_closed(connection),
        }
    }
}

/// What came of a statement, and whether its connection is of any more use: the words of an error do
/// not always say.
pub(super) fn judge<T>(
    connection: &mut PgConnection,
    outcome: Result<T, StoreError>,
) -> (Result<T, StoreError>, bool) {
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
pub(super) fn give_up_read_only<T>(connection: &mut PgConnection, outcome: &Result<T, StoreError>) {
    if matches!(outcome, Err(StoreError::ReadOnly { .. })) {
        // Its answer is that the connection has ended.
        let _ = connection.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())");
    }
}
