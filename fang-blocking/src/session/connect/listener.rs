//! Makes a connection listen for notifications, and finds the socket on which they arrive.

use super::sockets::{self, Known, Opened};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use fang_core::notify::Listeners;
use fang_core::store::Socket;
use fang_postgres::settings::LISTEN;
use std::sync::{Mutex, PoisonError};

pub(super) struct Listener {
    /// Notified once the connection listens.
    listeners: Listeners,
    known: Mutex<Known>,
}

impl Listener {
    pub(super) fn new(listeners: Listeners) -> Self {
        Self { listeners, known: Mutex::new(Known::Not) }
    }

    /// Makes this connection listen. Its socket is not among those of `before`.
    pub(super) fn begin(
        &self,
        connection: &mut PgConnection,
        before: Option<&Opened>,
    ) -> diesel::QueryResult<()> {
        self.learn(Known::Not);
        connection.batch_execute(LISTEN)?;
        self.learn(sockets::find(connection, before)?);
        // Notifications that were sent before this moment were missed.
        self.listeners.notify_everyone();
        Ok(())
    }

    /// The socket of the connection that listens, if it is known.
    pub(super) fn socket(&self) -> Option<Socket> {
        match self.known() {
            Known::As(socket) => Some(socket),
            Known::AsOneOfSeveral | Known::Not => None,
        }
    }

    /// Whether the socket is unknown only because other sockets were opened at the same time.
    pub(super) fn is_unsure(&self) -> bool {
        self.known() == Known::AsOneOfSeveral
    }

    fn known(&self) -> Known {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learn(&self, known: Known) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}
