//! The library's own connections: few, opened when they are first needed, never more than so many.

use super::{Listener, Setup, judge};
use crate::postgres::error::{connection_error, store_error};
use diesel::Connection;
use diesel::pg::PgConnection;
use fang_core::{Redacted, StoreError};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a caller waits for one of them when all are in use.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// How many connections to open for one whose socket can be told from those that others open meanwhile. Should that
/// never come about, the heart looks often instead of waiting there.
const TRIES: usize = 3;

/// Unlike a pool of r2d2 it has no threads, and tells at once when the server cannot be reached.
pub(in crate::postgres) struct Own {
    dialer: Dialer,
    max_size: usize,
    seats: Mutex<Seats>,
    freed: Condvar,
}

/// Opens connections.
pub(in crate::postgres) struct Dialer {
    uri: Redacted<String>,
    setup: Setup,
}

#[derive(Default)]
struct Seats {
    taken: usize,
    idle: Vec<PgConnection>,
}

/// The right to one connection, and the connection, if there is one yet.
struct Seat<'a> {
    own: &'a Own,
    connection: Option<PgConnection>,
}

impl Own {
    pub(super) fn new(dialer: Dialer, max_size: usize) -> Self {
        Self { dialer, max_size, seats: Mutex::default(), freed: Condvar::new() }
    }

    pub(super) fn with<T>(
        &self,
        act: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut seat = self.seat()?;
        // Out of its seat meanwhile: one whose act panics is closed.
        let mut connection = match seat.connection.take() {
            Some(connection) => connection,
            None => self.dialer.connect()?,
        };
        let outcome = act(&mut connection);
        let (outcome, is_usable) = judge(&mut connection, outcome);
        seat.connection = is_usable.then_some(connection);
        outcome
    }

    pub(super) fn listener(&self) -> Option<&Listener> {
        self.dialer.listener()
    }

    fn seat(&self) -> Result<Seat<'_>, StoreError> {
        let full = |seats: &mut Seats| seats.taken >= self.max_size;
        let waited = self.freed.wait_timeout_while(self.lock(), WAIT_TIMEOUT, full);
        let (mut seats, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(StoreError::PoolExhausted);
        }
        seats.taken += 1;
        let mut connection = seats.idle.pop();
        while connection.as_mut().is_some_and(|idle| self.dialer.finds_closed(idle)) {
            connection = seats.idle.pop();
        }
        Ok(Seat { own: self, connection })
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dialer {
    pub(super) fn new(uri: Redacted<String>, setup: Setup) -> Self {
        Self { uri, setup }
    }

    pub(in crate::postgres) fn connect(&self) -> Result<PgConnection, StoreError> {
        for _ in 1..TRIES {
            let connection = self.dial()?;
            if !self.listener().is_some_and(Listener::is_unsure) {
                return Ok(connection);
            }
        }
        self.dial()
    }

    fn dial(&self) -> Result<PgConnection, StoreError> {
        let before = self.setup.before();
        let connection = PgConnection::establish(self.uri.expose());
        let mut connection = connection.map_err(|error| connection_error(&error.to_string()))?;
        self.setup.run(&mut connection, before.as_ref()).map_err(|error| store_error(&error))?;
        Ok(connection)
    }

    fn listener(&self) -> Option<&Listener> {
        self.setup.listener.as_ref()
    }

    /// Whether the server has closed the connection while nobody used it.
    pub(in crate::postgres) fn finds_closed(&self, connection: &mut PgConnection) -> bool {
        self.setup.finds_closed(connection)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut seats = self.own.lock();
        seats.taken -= 1;
        seats.idle.extend(self.connection.take());
        drop(seats);
        self.own.freed.notify_one();
    }
}
