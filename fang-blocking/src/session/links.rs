//! Gives out a session for each role.

use super::client::DieselSession;
use super::connect::{Address, Dialer, Way};
use super::error::{pool_error, store_error};
use super::link::Link;
use super::place::Place;
use super::statement::Keep;
use fang_core::StoreError;
use fang_core::connections::Wanted;
use fang_core::lists::SLOTS;
use fang_core::notify::Listeners;
use fang_core::store::Heard;
use fang_postgres::Connections;
use fang_postgres::settings::Role;
use std::collections::BTreeSet;

/// The sources of connections, one for each role.
pub(crate) struct Links {
    address: Address,
    /// Whether these connections belong to a worker pool.
    is_of_a_pool: bool,
    listeners: Listeners,
    calls: Way,
    engine: Way,
    heart: Way,
    /// Opens the connections of lock-claims.
    dialer: Option<Dialer>,
    _wanted: Option<Wanted>,
}

impl Links {
    /// The connections of an application. Worker pools get theirs from `of_a_pool`.
    pub(crate) fn new(address: Address) -> Self {
        let listeners = Listeners::default();
        let calls = address.way(Role::Calls, &listeners);
        Self {
            engine: calls.clone(),
            heart: calls.clone(),
            calls,
            dialer: address.dialer(),
            _wanted: None,
            listeners,
            is_of_a_pool: false,
            address,
        }
    }

    fn session_now(&self, role: Role) -> Result<DieselSession, StoreError> {
        let way = match role {
            Role::Calls => &self.calls,
            Role::Engine => &self.engine,
            Role::Heart => &self.heart,
            Role::LockClaims => return self.session_apart(),
        };
        let keep = if self.address.pgbouncer { Keep::Nothing } else { Keep::Prepared };
        match way {
            Way::Kept(seats) => {
                let (link, seat) = seats.clone().take()?;
                Ok(DieselSession::new(link, Place::Seat(seat), keep))
            }
            Way::Shared(pool) => {
                let link = Link::Theirs(pool.get().map_err(|_| pool_error(pool))?);
                Ok(DieselSession::new(link, Place::Pool, keep))
            }
        }
    }

    fn session_apart(&self) -> Result<DieselSession, StoreError> {
        let none = || StoreError::unreachable("these connections take no lock-claims".into());
        let dialer = self.dialer.as_ref().ok_or_else(none)?;
        Ok(DieselSession::new(Link::Own(dialer.connect()?), Place::Apart, Keep::Prepared))
    }

    /// Reads the notifications that have arrived since the last call.
    fn hear(&self) -> Result<Heard, StoreError> {
        let mut session = self.session_now(Role::Heart)?;
        let payloads =
            session.connection().notifications_iter().map(|heard| heard.map(|heard| heard.payload));
        let heard = payloads.collect::<Result<BTreeSet<_>, _>>().map_err(|error| store_error(&error));
        let heard = session.finish(heard)?;
        heard.iter().for_each(|payload| self.listeners.receive(payload));
        Ok(Heard::new(heard.len()).arrives_on(self.heart.socket()))
    }
}

impl Connections for Links {
    type Session = DieselSession;

    async fn session(&self, role: Role) -> Result<DieselSession, StoreError> {
        self.session_now(role)
    }

    fn of_a_pool(&self) -> Result<Self, StoreError> {
        let dialer = self.address.dialer();
        let lock_claims = dialer.as_ref().map(|_| Wanted::new(usize::from(SLOTS.unsigned_abs())));
        Ok(Self {
            calls: self.calls.clone(),
            engine: self.address.way(Role::Engine, &self.listeners),
            heart: self.address.way(Role::Heart, &self.listeners),
            dialer,
            _wanted: lock_claims,
            listeners: self.listeners.clone(),
            is_of_a_pool: true,
            address: self.address.clone(),
        })
    }

    fn is_pooled(&self) -> bool {
        self.address.pgbouncer
    }

    fn keeps_heart(&self) -> bool {
        self.is_of_a_pool && !self.is_pooled() && matches!(self.heart, Way::Kept(_))
    }

    fn can_lock(&self) -> bool {
        self.dialer.is_some()
    }

    fn listens(&self) -> bool {
        self.address.listen
    }

    fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    async fn listen(&self) -> Result<Option<Heard>, StoreError> {
        if self.address.listen { self.hear().map(Some) } else { Ok(None) }
    }
}
