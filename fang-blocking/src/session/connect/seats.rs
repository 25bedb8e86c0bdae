//! A small connection pool: opens connections when they are first needed, up to a limit.

use super::knock::{self, Answer};
use super::listener::Listener;
use super::setup::{PgPool, Setup};
use crate::session::error::{connection_error, full, pool_error, store_error};
use crate::session::link::Link;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::{Connection, ConnectionError};
use fang_core::StoreError;
use fang_core::connections::Wanted;
use fang_core::store::Socket;
use fang_postgres::ConnectionString;
use fang_postgres::settings::Role;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// How often a connection is tried that the server refuses, although it begins another session right after that.
const MAX_KNOCKS: usize = 2;

/// A small connection pool. Unlike a pool of r2d2 it needs no threads, and fails at once if the server cannot be
/// reached.
pub(in crate::session) struct Seats {
    source: Source,
    max_size: usize,
    /// The connections that the library opens itself.
    _wanted: Option<Wanted>,
    taken: Mutex<Taken>,
    freed: Condvar,
    /// Whether connections stay open between two sessions.
    keeps: AtomicBool,
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
    /// Whether the connection stays open after use, as chosen when it was taken: only then it listens, and a beat tells
    /// of it.
    is_kept: bool,
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
        Self {
            source,
            max_size,
            _wanted: wanted,
            taken: Mutex::default(),
            freed: Condvar::new(),
            keeps: AtomicBool::new(true),
        }
    }

    /// The socket on which notifications arrive, if the connection listens and its socket is known.
    pub(in crate::session) fn socket(&self) -> Option<Socket> {
        self.setup().listener.as_ref().and_then(Listener::socket)
    }

    /// Keeps connections of the library open between two sessions from now on, or closes them after the next one.
    pub(in crate::session) fn keep(&self, keeps: bool) {
        if matches!(self.source, Source::Own(_)) {
            self.keeps.store(keeps, Ordering::SeqCst);
        }
    }

    /// Closes idle connections unless they are kept.
    pub(in crate::session) fn close_idle(&self) {
        if !self.keeps() {
            let idle = std::mem::take(&mut self.lock().idle);
            drop(idle);
        }
    }

    fn keeps(&self) -> bool {
        self.keeps.load(Ordering::SeqCst)
    }

    /// Takes a connection with its seat. Opens one if none is idle.
    pub(in crate::session) fn take(self: Arc<Self>) -> Result<(Link, Seat), StoreError> {
        let (idle, seat) = self.seat()?;
        let link = match idle {
            Some(link) => link,
            None => seat.seats.open(seat.is_kept)?,
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
        let is_kept = self.keeps();
        Ok((link, Seat { seats: self, is_kept }))
    }

    fn open(&self, is_kept: bool) -> Result<Link, StoreError> {
        match &self.source {
            // A connection that is not kept hears nothing.
            Source::Own(dialer) => dialer.connect(is_kept).map(Link::Own),
            Source::Pool { pool, setup } => {
                let mut fresh = pool.get().map_err(|_| pool_error(pool))?;
                let noted = if setup.pgbouncer { Ok(()) } else { fresh.batch_execute(&note(setup.role)) };
                let ready = noted.and_then(|()| setup.run(&mut fresh, None, true));
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
    /// Leaves the connection idle for the next caller. That of a heart is closed if it is not kept.
    pub(in crate::session) fn leave(self, link: Link) {
        if self.is_kept || self.seats.setup().role != Role::Heart {
            self.seats.lock().idle.push(link);
        }
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

    /// Connects. A connection that `listens` does so if its role does.
    pub(in crate::session) fn connect(&self, listens: bool) -> Result<PgConnection, StoreError> {
        for _ in 1..TRIES {
            let connection = self.dial(listens)?;
            if !listens || !self.setup.listener.as_ref().is_some_and(Listener::is_unsure) {
                return Ok(connection);
            }
        }
        self.dial(listens)
    }

    /// Opens a connection. If the server refused it and begins another session at once, the reason is over, as when a
    /// server without connections left has one again.
    fn establish(&self) -> Result<PgConnection, StoreError> {
        let mut tries = 1..MAX_KNOCKS;
        loop {
            let error = match PgConnection::establish(&self.uri.for_libpq(&GUARDS)) {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            let answer = knock::at(&self.uri);
            if answer == Answer::Begun && tries.next().is_some() {
                continue;
            }
            let text = self.uri.telling(&text(error));
            // Others were quicker each time.
            let is_full = answer == Answer::Begun && !self.chooses_servers();
            return Err(if is_full { full(&text) } else { connection_error(&text, answer) });
        }
    }

    /// Whether libpq refuses servers by itself: a standby, for example.
    fn chooses_servers(&self) -> bool {
        self.uri.get("target_session_attrs").is_some_and(|wanted| wanted != "any")
    }

    fn dial(&self, listens: bool) -> Result<PgConnection, StoreError> {
        let before = self.setup.before().filter(|_| listens);
        let mut connection = self.establish()?;
        self.setup.run(&mut connection, before.as_ref(), listens).map_err(|error| store_error(&error))?;
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
