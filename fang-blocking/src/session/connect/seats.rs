//! A small connection pool: opens connections when they are first needed, up to a limit.

use super::knock;
use super::listener::Listener;
use super::setup::{PgPool, Setup};
use crate::session::error::{connection_error, pool_error, store_error};
use crate::session::link::Link;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::{Connection, ConnectionError};
use fang_core::StoreError;
use fang_core::connections::Wanted;
use fang_core::store::Socket;
use fang_postgres::ConnectionString;
use fang_postgres::settings::Role;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a caller waits while all connections are in use.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// Opening a connection may take 10 s. A socket without an answer is closed after 15 s.
const GUARDS: [(&str, &str); 6] = [
    ("connect_timeout", "10"),
    ("fallback_application_name", "fang"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "2"),
    ("tcp_user_timeout", "15000"),
];

/// How often to open a connection again while its socket cannot be told from others that the process opens at the
/// same time. If all tries fail, the heart polls the connection instead of waiting on its socket.
const TRIES: usize = 3;

/// A small connection pool. Unlike a pool of r2d2 it needs no threads, and fails at once if the server cannot be
/// reached.
pub(in crate::session) struct Seats {
    source: Source,
    max_size: usize,
    /// The connections that the library opens itself.
    _wanted: Option<Wanted>,
    taken: Mutex<Taken>,
    freed: Condvar,
}

/// The source of the connections.
enum Source {
    /// The library opens them.
    Own(Dialer),
    /// The pool of the application lends them. They go back with their old settings when the seats are dropped.
    Pool { pool: PgPool, setup: Setup },
}

/// Opens connections.
pub(in crate::session) struct Dialer {
    uri: ConnectionString,
    setup: Setup,
}

#[derive(Default)]
struct Taken {
    seats: usize,
    idle: Vec<Link>,
}

/// The right to one connection.
pub(in crate::session) struct Seat {
    seats: Arc<Seats>,
}

impl Seats {
    /// Creates seats for at most `max_size` connections that the library opens.
    pub(super) fn own(dialer: Dialer, max_size: usize) -> Self {
        Self::new(Source::Own(dialer), max_size, Some(Wanted::new(max_size)))
    }

    /// Creates one seat for a connection of the application's pool.
    pub(super) fn pinned(pool: PgPool, setup: Setup) -> Self {
        Self::new(Source::Pool { pool, setup }, 1, None)
    }

    fn new(source: Source, max_size: usize, wanted: Option<Wanted>) -> Self {
        Self { source, max_size, _wanted: wanted, taken: Mutex::default(), freed: Condvar::new() }
    }

    /// The socket on which notifications arrive, if the connection listens and its socket is known.
    pub(in crate::session) fn socket(&self) -> Option<Socket> {
        self.setup().listener.as_ref().and_then(Listener::socket)
    }

    /// Takes a connection with its seat. Opens one if none is idle.
    pub(in crate::session) fn take(self: Arc<Self>) -> Result<(Link, Seat), StoreError> {
        let (idle, seat) = self.seat()?;
        let link = match idle {
            Some(link) => link,
            None => seat.seats.open()?,
        };
        Ok((link, seat))
    }

    /// Takes a seat, with an idle connection if there is one.
    fn seat(self: Arc<Self>) -> Result<(Option<Link>, Seat), StoreError> {
        let full = |taken: &mut Taken| taken.seats >= self.max_size;
        let waited = self.freed.wait_timeout_while(self.lock(), WAIT_TIMEOUT, full);
        let (mut taken, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(StoreError::PoolExhausted);
        }
        taken.seats += 1;
        let mut link = taken.idle.pop();
        while link.as_mut().is_some_and(|idle| self.setup().finds_closed(idle.connection())) {
            link = taken.idle.pop();
        }
        drop(taken);
        Ok((link, Seat { seats: self }))
    }

    fn open(&self) -> Result<Link, StoreError> {
        match &self.source {
            Source::Own(dialer) => dialer.connect().map(Link::Own),
            Source::Pool { pool, setup } => {
                let mut fresh = pool.get().map_err(|_| pool_error(pool))?;
                let noted = if setup.pgbouncer { Ok(()) } else { fresh.batch_execute(&note(setup.role)) };
                let ready = noted.and_then(|()| setup.run(&mut fresh, None));
                ready.map_err(|error| store_error(&error))?;
                Ok(Link::Theirs(fresh))
            }
        }
    }

    pub(super) fn setup(&self) -> &Setup {
        match &self.source {
            Source::Own(Dialer { setup, .. }) | Source::Pool { setup, .. } => setup,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seats {
    fn drop(&mut self) {
        let Source::Pool { setup, .. } = &self.source else { return };
        if setup.pgbouncer {
            return;
        }
        let taken = self.taken.get_mut().unwrap_or_else(PoisonError::into_inner);
        for link in &mut taken.idle {
            if let Err(error) = link.connection().batch_execute(&restore(setup.role)) {
                log::debug!(
                    "the settings of a connection of the application could not be restored: {}",
                    store_error(&error)
                );
            }
        }
    }
}

impl Seat {
    /// Leaves the connection idle for the next caller.
    pub(in crate::session) fn leave(self, link: Link) {
        self.seats.lock().idle.push(link);
    }

    pub(in crate::session) fn finds_shared(&self, connection: &mut PgConnection) -> bool {
        self.seats.setup().finds_shared(connection)
    }

    pub(in crate::session) fn finds_closed(&self, connection: &mut PgConnection) -> bool {
        self.seats.setup().finds_closed(connection)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.lock().seats -= 1;
        self.seats.freed.notify_one();
    }
}

impl Dialer {
    pub(super) fn new(uri: ConnectionString, setup: Setup) -> Self {
        Self { uri, setup }
    }

    pub(in crate::session) fn connect(&self) -> Result<PgConnection, StoreError> {
        for _ in 1..TRIES {
            let connection = self.dial()?;
            if !self.setup.listener.as_ref().is_some_and(Listener::is_unsure) {
                return Ok(connection);
            }
        }
        self.dial()
    }

    fn dial(&self) -> Result<PgConnection, StoreError> {
        let before = self.setup.before();
        let mut connection = PgConnection::establish(&self.uri.for_libpq(&GUARDS))
            .map_err(|error| connection_error(&self.uri.telling(&text(error)), knock::at(&self.uri)))?;
        self.setup.run(&mut connection, before.as_ref()).map_err(|error| store_error(&error))?;
        Ok(connection)
    }
}

/// The text of libpq.
fn text(error: ConnectionError) -> String {
    match error {
        ConnectionError::BadConnection(text) => text,
        other => other.to_string(),
    }
}

/// Remembers the settings that [`Setup`] changes, in the session itself.
fn note(role: Role) -> String {
    let names = quoted_names(role);
    format!("SELECT set_config('fang.' || name, setting, false) FROM pg_settings WHERE name IN ({names})")
}

/// Restores these settings before a connection returns to the application.
fn restore(role: Role) -> String {
    let names = quoted_names(role);
    format!(
        "UNLISTEN *; SELECT set_config(name, current_setting('fang.' || name), false) FROM unnest(ARRAY [{names}]) name \
            WHERE current_setting('fang.' || name, true) IS NOT NULL"
    )
}

fn quoted_names(role: Role) -> String {
    role.names().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}
