//! Gives out a session for each role.

use super::client::DieselSession;
use super::connect::{Address, Dialer, Upkeep, Way};
use super::error::{pool_error, store_error};
use super::link::Link;
use super::place::Place;
use super::statement::Keep;
use fang_core::StoreError;
use fang_core::connections::Wanted;
use fang_core::notify::Listeners;
use fang_core::store::Heard;
use fang_postgres::settings::Role;
use fang_postgres::{Connections, Keeping, Kept};
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
    keeping: Keeping,
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
            keeping: Keeping::default(),
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
            Role::Upkeep => return self.session_for_upkeep(),
        };
        let keep = self.keep_statements();
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
        Ok(DieselSession::new(Link::Own(dialer.connect(true)?), Place::Apart, Keep::Prepared))
    }

    fn session_for_upkeep(&self) -> Result<DieselSession, StoreError> {
        match self.address.upkeep().ok_or(StoreError::PoolExhausted)? {
            Upkeep::Own(dialer) => {
                Ok(DieselSession::new(Link::Own(dialer.connect(true)?), Place::Apart, self.keep_statements()))
            }
            Upkeep::Lent(seats) => {
                let (link, seat) = seats.take()?;
                Ok(DieselSession::new(link, Place::Seat(seat), self.keep_statements()))
            }
        }
    }

    fn keep_statements(&self) -> Keep {
        if self.address.pgbouncer { Keep::Nothing } else { Keep::Prepared }
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
        Ok(Self {
            calls: self.calls.clone(),
            engine: self.address.way(Role::Engine, &self.listeners),
            heart: self.address.way(Role::Heart, &self.listeners),
            dialer,
            _wanted: Some(Wanted::new(self.address.apart())),
            keeping: Keeping::default(),
            listeners: self.listeners.clone(),
            is_of_a_pool: true,
            address: self.address.clone(),
        })
    }

    fn is_pooled(&self) -> bool {
        self.address.pgbouncer
    }

    fn keeps_heart(&self) -> bool {
        self.is_of_a_pool
            && !self.is_pooled()
            && matches!(self.heart, Way::Kept(_))
            && self.keeping.get().heart
    }

    fn kept(&self) -> Kept {
        self.keeping.get()
    }

    fn keep(&self, kept: Kept) {
        if self.is_of_a_pool && self.address.is_own() {
            self.keeping.set(kept);
            self.engine.keep(kept.engine);
            self.heart.keep(kept.heart);
            self.close_idle();
        }
    }

    fn close_idle(&self) {
        if self.is_of_a_pool {
            // That of the heart has the lock of its worker until a beat tells that it is of no account.
            self.engine.close_idle();
        }
    }

    fn can_lock(&self) -> bool {
        self.dialer.is_some()
    }

    fn can_vacuum(&self) -> bool {
        self.is_of_a_pool && self.address.can_vacuum()
    }

    fn listens(&self) -> bool {
        self.address.listen && self.keeping.get().heart
    }

    fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    async fn listen(&self) -> Result<Option<Heard>, StoreError> {
        if self.listens() { self.hear().map(Some) } else { Ok(None) }
    }
}
