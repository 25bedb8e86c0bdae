//! The traits that a driver implements.

use crate::row::Row;
use crate::settings::Role;
use crate::spare::Kept;
use crate::statement::{Answer, Step};
use fang_core::StoreError;
use fang_core::notify::Listeners;
use fang_core::store::Heard;
use std::future::Future;

/// A connection that runs the steps of a verb.
///
/// A driver ends statements that take too long; the verbs neither race nor drop a future of it. But the application
/// may drop a verb while it waits: a session that is dropped with an open transaction has to close its connection.
pub trait Session: Send {
    /// A row of an answer.
    type Row: Row + Send + Sync;

    /// Runs these steps, in one round trip if the driver can, and returns the answers of the statements, in order.
    ///
    /// The first failing step ends the run. Later steps have no effect, except a [`Step::Commit`], which then rolls
    /// back.
    fn run(
        &mut self,
        steps: &[Step<'_>],
    ) -> impl Future<Output = Result<Vec<Answer<Self::Row>>, StoreError>> + Send;

    /// Rolls back an open transaction, if there is one. A connection on which that fails is not used again.
    fn rollback(&mut self) -> impl Future<Output = ()> + Send;
}

/// A session over a connection of the library, or of a pool that the application gave it.
pub trait OwnSession: Session + 'static {
    /// Sends the chunks of a COPY in the binary format, within the open transaction. The statement is `sql`. A
    /// driver that has to write its own can rely on the search path to find the table.
    fn copy(
        &mut self,
        sql: &str,
        chunks: &mut (dyn Iterator<Item = Vec<u8>> + Send),
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Lets statements take as long as they need from now on.
    fn without_deadline(&mut self);

    /// Whether the connection is known to be closed.
    fn is_closed(&mut self) -> bool;

    /// Gives the connection back to its pool, or closes it if this outcome shows that it is broken. Returns the
    /// outcome, with a better error if the driver knows more.
    fn end<T: Send>(
        self,
        outcome: Result<T, StoreError>,
    ) -> impl Future<Output = Result<T, StoreError>> + Send;
}

/// A source of sessions.
pub trait Connections: Send + Sync + Sized + 'static {
    /// The session type of the driver.
    type Session: OwnSession;

    /// Returns a connection for this role. One for [`Role::LockClaims`] or [`Role::Upkeep`] belongs to the
    /// caller alone and is closed when dropped.
    fn session(&self, role: Role) -> impl Future<Output = Result<Self::Session, StoreError>> + Send;

    /// The same database, with separate connections for a worker pool.
    ///
    /// # Errors
    /// When the driver cannot prepare them.
    fn of_a_pool(&self) -> Result<Self, StoreError>;

    /// Whether a pooler hands server connections on after each transaction. Then no state may be kept on a
    /// connection and nothing prepared: each statement travels in a transaction that begins with the settings of its
    /// session.
    fn is_pooled(&self) -> bool;

    /// Whether all sessions for [`Role::Heart`] are on one connection, which is replaced only when it is lost, and
    /// whose end the server notices. An advisory lock of such a session tells others that the process lives.
    fn keeps_heart(&self) -> bool;

    /// Which connections stay open between two sessions.
    fn kept(&self) -> Kept;

    /// Chooses which connections stay open from now on. Idle ones of the others are closed, but not that of the heart:
    /// it is closed after its next statement. Connections that the application lends stay.
    fn keep(&self, kept: Kept);

    /// Closes idle connections that are not [kept](Self::keep), but that of the heart.
    fn close_idle(&self);

    /// Whether lock-claims are possible: there are sessions for [`Role::LockClaims`].
    fn can_lock(&self) -> bool;

    /// Whether there are sessions for [`Role::Upkeep`].
    fn can_vacuum(&self) -> bool;

    /// Whether notifications of other processes are received now.
    fn listens(&self) -> bool;

    /// The listeners that notifications wake.
    fn listeners(&self) -> &Listeners;

    /// Receives the notifications since the last call, as [`Store::listen`](fang_core::store::Store::listen) does.
    /// Defaults to `None`, for a driver that receives them by itself.
    fn listen(&self) -> impl Future<Output = Result<Option<Heard>, StoreError>> + Send {
        async { Ok(None) }
    }
}

/// Connections whose futures never block the polling thread, so that their store fits pools of tokio tasks.
pub trait NeverBlocks: Connections {}
