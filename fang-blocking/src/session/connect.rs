//! Where connections come from, and how they are made ready.

mod listener;
mod pin;
mod seats;
mod sockets;
mod uri;

use super::links::Way;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use fang_core::Redacted;
use fang_core::wake::Wakes;
use fang_postgres::settings::Role;
use listener::Listener;
use pin::Pins;
pub(super) use seats::{Dialer, Seat, Seats};
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
    pub(super) listen: bool,
    pub(super) pgbouncer: bool,
}

#[derive(Clone)]
enum Source {
    /// A database, to which the library connects by itself.
    Uri { uri: Redacted<String>, max_pool_size: u32 },
    /// The application's own pool: the engine lives on its connections.
    Pool { pool: PgPool, pins: Arc<Pins> },
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

    /// How what this is for reaches the database.
    pub(super) fn way(&self, role: Role, wakes: &Wakes) -> Way {
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
    pub(super) fn dialer(&self) -> Option<Dialer> {
        let setup = Setup { role: Role::LockClaims, listener: None, pgbouncer: false };
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
        Role::Heart | Role::LockClaims => 1,
    }
}

/// How a new connection is made ready.
pub(super) struct Setup {
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

/// Whether a connection has ended, as far as a look at its socket tells.
pub(super) fn finds_closed(connection: &mut PgConnection) -> bool {
    // The first may read the server's last words, and only the second that the socket is closed.
    (0..2).any(|_| connection.notifications_iter().any(|heard| heard.is_err()))
}
