//! Sets up new connections.

use super::listener::Listener;
use super::sockets::Opened;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::result::{DatabaseErrorKind, Error};
use fang_postgres::settings::Role;
use uuid::Uuid;

/// A connection pool of diesel and r2d2, as [`Queue`](crate::Queue) takes it.
pub type PgPool = Pool<ConnectionManager<PgConnection>>;

/// The setup of a new connection.
pub(super) struct Setup {
    pub(super) role: Role,
    /// Listens on the connection, if the role listens.
    pub(super) listener: Option<Listener>,
    /// Whether a pooler is in between. Settings then travel with each transaction instead.
    pub(super) pgbouncer: bool,
    /// Tells the sessions that were set up here from those of other clients.
    mark: Uuid,
}

impl Setup {
    pub(super) fn new(role: Role, listener: Option<Listener>, pgbouncer: bool) -> Self {
        Self { role, listener, pgbouncer, mark: Uuid::now_v7() }
    }

    /// Whether another client has the session of this connection as well, since a pooler shares it.
    pub(super) fn finds_shared(&self, connection: &mut PgConnection) -> bool {
        // Diesel tells this SQLSTATE by its kind.
        let look = format!(
            "DO $$ BEGIN IF current_setting('fang.mark', true) IS DISTINCT FROM '{}' THEN
                RAISE unique_violation; END IF; END $$",
            self.mark
        );
        let looked = if self.pgbouncer { Ok(()) } else { connection.batch_execute(&look) };
        matches!(looked, Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }

    /// Sets up a connection. `before` has the sockets that were open before it, if they are known. With `listens` it
    /// listens, if its role does.
    pub(super) fn run(
        &self,
        connection: &mut PgConnection,
        before: Option<&Opened>,
        listens: bool,
    ) -> diesel::QueryResult<()> {
        if self.pgbouncer {
            return Ok(());
        }
        let mark = format!("SET fang.mark = '{}'", self.mark);
        connection.batch_execute(&format!("{}; {mark}", self.role.session()))?;
        let listener = self.listener.as_ref().filter(|_| listens);
        listener.into_iter().try_for_each(|listener| listener.begin(connection, before))
    }

    /// The sockets that are open before a connection. Needed only to listen.
    pub(super) fn before(&self) -> Option<Opened> {
        self.listener.is_some().then(Opened::now)
    }

    /// Whether the server has closed the idle connection. Looks only at the socket, since a query would double the
    /// round trips.
    pub(super) fn finds_closed(&self, connection: &mut PgConnection) -> bool {
        // The look would consume notifications. The heart itself finds out when its connection is closed.
        self.listener.is_none() && finds_closed(connection)
    }
}

/// Whether the socket of a connection is closed.
pub(in crate::session) fn finds_closed(connection: &mut PgConnection) -> bool {
    // The first look may read the last message of the server, and only the second one finds the socket closed.
    (0..2).any(|_| connection.notifications_iter().any(|heard| heard.is_err()))
}
