//! How a new connection is made ready.

use super::listener::Listener;
use super::sockets::Opened;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use fang_postgres::settings::Role;

/// The connection pool of an application over diesel.
pub type PgPool = Pool<ConnectionManager<PgConnection>>;

/// How a new connection is made ready.
pub(super) struct Setup {
    pub(super) role: Role,
    /// What listens on it.
    pub(super) listener: Option<Listener>,
    /// Whether it is told nothing: its transactions are.
    pub(super) pgbouncer: bool,
}

impl Setup {
    /// For a connection whose socket is not one of `before`, if it is known what was open.
    pub(super) fn run(
        &self,
        connection: &mut PgConnection,
        before: Option<&Opened>,
    ) -> diesel::QueryResult<()> {
        if self.pgbouncer {
            return Ok(());
        }
        connection.batch_execute(&self.role.session())?;
        self.listener.iter().try_for_each(|listener| listener.begin(connection, before))
    }

    /// What is open before a connection, if that is of interest.
    pub(super) fn before(&self) -> Option<Opened> {
        self.listener.is_some().then(Opened::now)
    }

    /// Whether the server has closed the connection while nobody used it: a look at the socket, since
    /// asking the server each time would double the round trips.
    pub(super) fn finds_closed(&self, connection: &mut PgConnection) -> bool {
        // A look takes what was announced, and the heart looks when it is closed.
        self.listener.is_none() && finds_closed(connection)
    }
}

/// Whether a connection has ended, as far as a look at its socket tells.
pub(in crate::session) fn finds_closed(connection: &mut PgConnection) -> bool {
    // The first may read the server's last words, and only the second that the socket is closed.
    (0..2).any(|_| connection.notifications_iter().any(|heard| heard.is_err()))
}
