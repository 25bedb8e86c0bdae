//! Opens connections, or borrows them from the application, and sets them up.

mod knock;
mod listener;
mod pin;
mod seats;
mod setup;
mod sockets;

use fang_core::StoreError;
use fang_core::connections::Wanted;
use fang_core::lists::SLOTS;
use fang_core::notify::Listeners;
use fang_core::store::Socket;
use fang_postgres::ConnectionString;
use fang_postgres::settings::Role;
pub(super) use knock::Answer;
use listener::Listener;
use pin::Pins;
use seats::Seats;
pub(super) use seats::{Dialer, Seat};
pub use setup::PgPool;
use setup::Setup;
pub(super) use setup::finds_closed;
use std::sync::Arc;

/// With fewer connections than this in the pool of the application, the engine keeps none for itself.
const ENOUGH_FOR_THE_ENGINE: u32 = 3;
/// With fewer than this the heart keeps none either, and cannot listen.
const ENOUGH_FOR_THE_HEART: u32 = 2;

/// The address of the database, and the options to connect with.
#[derive(Clone)]
pub(crate) struct Address {
    source: Source,
    pub(super) listen: bool,
    pub(super) pgbouncer: bool,
}

#[derive(Clone)]
enum Source {
    /// The address of a database, to which the library opens connections.
    Uri { uri: ConnectionString, max_pool_size: u32 },
    /// The connection pool of the application.
    Pool { pool: PgPool, pins: Arc<Pins>, _wanted: Arc<Wanted> },
}

impl Address {
    pub(crate) fn uri(uri: &str, max_pool_size: u32) -> Result<Self, StoreError> {
        let uri = ConnectionString::parse(uri)?;
        Ok(Self { source: Source::Uri { uri, max_pool_size }, listen: false, pgbouncer: false })
    }

    pub(crate) fn pool(pool: PgPool) -> Self {
        let wanted = Arc::new(Wanted::new(pool.max_size() as usize));
        let source = Source::Pool { pool, pins: Arc::default(), _wanted: wanted };
        Self { source, listen: false, pgbouncer: false }
    }

    /// Sets the options that the application chose.
    pub(crate) fn options(self, listen: bool, pgbouncer: bool) -> Self {
        let can_listen = match &self.source {
            Source::Uri { .. } => !pgbouncer,
            Source::Pool { pool, .. } => !pgbouncer && pool.max_size() >= ENOUGH_FOR_THE_HEART,
        };
        Self { listen: listen && can_listen, pgbouncer, ..self }
    }

    /// Returns where the connections for a role come from.
    pub(super) fn way(&self, role: Role, listeners: &Listeners) -> Way {
        let listener = (role == Role::Heart && self.listen).then(|| Listener::new(listeners.clone()));
        let setup = Setup::new(role, listener, self.pgbouncer);
        match &self.source {
            Source::Uri { uri, max_pool_size } => {
                let dialer = Dialer::new(uri.clone(), setup);
                Way::Kept(Arc::new(Seats::own(dialer, pool_size(role, *max_pool_size))))
            }
            Source::Pool { pool, pins, .. } => match role {
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

    /// Returns where a connection for a vacuum comes from now, and `None` if the pool of the application is too small
    /// for one, or has none idle: its tasks come first.
    pub(super) fn upkeep(&self) -> Option<Upkeep> {
        let setup = Setup::new(Role::Upkeep, None, self.pgbouncer);
        match &self.source {
            Source::Uri { uri, .. } => Some(Upkeep::Own(Dialer::new(uri.clone(), setup))),
            Source::Pool { pool, .. } => {
                let has_idle = self.can_vacuum() && pool.state().idle_connections > 0;
                has_idle.then(|| Upkeep::Lent(Arc::new(Seats::pinned(pool.clone(), setup))))
            }
        }
    }

    /// Whether the library opens the connections.
    pub(super) fn is_own(&self) -> bool {
        matches!(self.source, Source::Uri { .. })
    }

    /// Whether there may be connections for vacuums.
    pub(super) fn can_vacuum(&self) -> bool {
        match &self.source {
            Source::Uri { .. } => true,
            Source::Pool { pool, .. } => pool.max_size() > ENOUGH_FOR_THE_ENGINE,
        }
    }

    /// How many connections of its own a pool opens besides those for claims, finishes and beats.
    pub(super) fn apart(&self) -> usize {
        let lock_claims = self.dialer().map_or(0, |_| usize::from(SLOTS.unsigned_abs()));
        lock_claims + usize::from(self.is_own())
    }

    /// Returns the dialer for lock-claims. `None` on the pool of the application or behind a pooler, where
    /// lock-claims are not possible.
    pub(super) fn dialer(&self) -> Option<Dialer> {
        let setup = Setup::new(Role::LockClaims, None, false);
        match &self.source {
            Source::Uri { uri, .. } if !self.pgbouncer => Some(Dialer::new(uri.clone(), setup)),
            Source::Uri { .. } | Source::Pool { .. } => None,
        }
    }
}

fn pool_size(role: Role, max_pool_size: u32) -> usize {
    match role {
        Role::Calls => max_pool_size.max(1) as usize,
        // One to claim and one to finish. The second opens only when both are needed at the same time.
        Role::Engine => 2,
        // Connections of lock-claims and vacuums are opened one by one.
        Role::Heart | Role::LockClaims | Role::Upkeep => 1,
    }
}

/// The source of a connection for a vacuum.
pub(super) enum Upkeep {
    /// The library opens one.
    Own(Dialer),
    /// The pool of the application lends one, which goes back with its old settings.
    Lent(Arc<Seats>),
}

/// The source of the connections for a role.
#[derive(Clone)]
pub(super) enum Way {
    /// Connections that the library keeps for this role.
    Kept(Arc<Seats>),
    /// The pool of the application, which lends one for each session.
    Shared(PgPool),
}

impl Way {
    /// Keeps connections of the library open between two sessions from now on, or closes them after the next one.
    pub(super) fn keep(&self, keeps: bool) {
        if let Self::Kept(seats) = self {
            seats.keep(keeps);
        }
    }

    /// Closes idle connections unless they are kept.
    pub(super) fn close_idle(&self) {
        if let Self::Kept(seats) = self {
            seats.close_idle();
        }
    }

    /// The socket on which notifications arrive, if the connection listens and its socket is known.
    pub(super) fn socket(&self) -> Option<Socket> {
        match self {
            Self::Kept(seats) => seats.socket(),
            Self::Shared(_) => None,
        }
    }
}
