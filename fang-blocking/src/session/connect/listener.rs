//! What makes a connection listen, and tells where to wait for what it hears.

use super::sockets::{self, Known, Opened};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use fang_core::notify::Listeners;
use fang_core::store::Socket;
use fang_postgres::settings::LISTEN;
use std::sync::{Mutex, PoisonError};

pub(super) struct Listener {
    /// Whom to wake once it listens.
    listeners: Listeners,
    known: Mutex<Known>,
}

impl Listener {
    pub(super) fn new(listeners: Listeners) -> Self {
        Self { listeners, known: Mutex::new(Known::Not) }
    }

    /// Listens on this connection from now on, whose socket is not one of `before`.
    pub(super) fn begin(
        &self,
        connection: &mut PgConnection,
        before: Option<&Opened>,
    ) -> diesel::QueryResult<()> {
        self.learn(Known::Not);
        connection.batch_execute(LISTEN)?;
        self.learn(sockets::find(connection, before)?);
        // Whatever was announced before this moment went unheard.
        self.listeners.notify_everyone();
        Ok(())
    }

    /// The socket of the connection that listens.
    pub(super) fn socket(&self) -> Option<Socket> {
        match self.known() {
            Known::As(socket) => Some(socket),
            Known::AsOneOfSeveral | Known::Not => None,
        }
    }

    /// Whether only other connections, which were opened at the same time, keep the socket from being known.
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
