//! What the verbs need of a driver.

use crate::row::Row;
use crate::settings::Role;
use crate::statement::{Answer, Step};
use fang_core::StoreError;
use fang_core::notify::Listeners;
use fang_core::store::Heard;
use std::future::Future;

/// One connection, in the hands of a verb.
///
/// A driver gives up what takes longer than it may; the verbs neither race a future of it nor drop one. A verb itself may
/// be dropped by the application while it waits: a session that is dropped with an open transaction closes its connection.
pub trait Session: Send {
    /// A row of an answer.
    type Row: Row + Send + Sync;

    /// Takes these steps, in one round trip where the driver can, and answers those that are statements, in order.
    ///
    /// What fails ends it: of the steps behind, nothing has an effect but a [`Step::Commit`], which then rolls back.
    fn run(
        &mut self,
        steps: &[Step<'_>],
    ) -> impl Future<Output = Result<Vec<Answer<Self::Row>>, StoreError>> + Send;

    /// Rolls back what is left open, if anything. A connection on which that fails is not used again.
    fn rollback(&mut self) -> impl Future<Output = ()> + Send;
}

/// A session over a connection of the library's own, or of a pool that it was given.
pub trait OwnSession: Session + 'static {
    /// Sends the chunks of a COPY in the binary format, within the transaction that is open. The statement is `sql`,
    /// unless the driver has to make its own: then the search path leads to the table.
    fn copy(
        &mut self,
        sql: &str,
        chunks: &mut (dyn Iterator<Item = Vec<u8>> + Send),
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Lets statements take as long as they need from now on.
    fn without_deadline(&mut self);

    /// Whether the connection is known to have ended.
    fn is_closed(&mut self) -> bool;

    /// Gives the connection back, or closes it when this outcome says that it is of no more use; returns what came of
    /// it, told better where the driver knows more by now.
    fn end<T: Send>(
        self,
        outcome: Result<T, StoreError>,
    ) -> impl Future<Output = Result<T, StoreError>> + Send;
}

/// Where sessions come from.
pub trait Connections: Send + Sync + Sized + 'static {
    /// What it gives.
    type Session: OwnSession;

    /// A connection for this. One for [`Role::LockClaims`] is the caller's alone, and closed when it is dropped.
    fn session(&self, role: Role) -> impl Future<Output = Result<Self::Session, StoreError>> + Send;

    /// The same, with connections of its own for what a worker pool does.
    ///
    /// # Errors
    /// As the driver fails to prepare for that.
    fn of_a_pool(&self) -> Result<Self, StoreError>;

    /// Whether a pooler gives the server's connections to others after each transaction. Nothing is kept on one then,
    /// and nothing prepared: each statement travels in a transaction that begins with what a session would have been
    /// told.
    fn is_pooled(&self) -> bool;

    /// Whether it has sessions for [`Role::LockClaims`].
    fn can_hold(&self) -> bool;

    /// Whether what others announce is heard.
    fn listens(&self) -> bool;

    /// Whom announcements wake.
    fn listeners(&self) -> &Listeners;

    /// Hears what was announced since the last look, as [`Store::listen`](fang_core::store::Store::listen) does.
    /// Defaults to `None`, for a driver that hears by itself.
    fn listen(&self) -> impl Future<Output = Result<Option<Heard>, StoreError>> + Send {
        async { Ok(None) }
    }
}

/// Connections whose futures never block the thread that polls them, so that their store fits pools of tokio tasks.
pub trait NeverBlocks: Connections {}
