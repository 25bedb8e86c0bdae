//! What a pool waits on and runs on: tokio tasks in one mode, threads in the other.

use fang_core::Mode;
use fang_core::store::Socket;
use std::io;
use std::pin::Pin;
use std::time::Duration;

/// A future that can be moved to another thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Begins the heart, given what it can wait on.
pub type BeginHeart = Box<dyn FnOnce(Box<dyn Reactor>) -> BoxFuture<'static, ()> + Send>;

/// The seam between a pool and what it runs on.
pub trait Runtime: Send + Sync {
    /// Which tasks its workers run.
    fn mode(&self) -> Mode;

    /// Is ready after this long. Awaited only by parts that this runtime runs.
    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()>;

    /// Runs a part of a pool until it ends.
    ///
    /// # Errors
    /// When the system has nothing left to run it with.
    fn spawn(&self, name: &'static str, part: BoxFuture<'static, ()>) -> io::Result<()>;

    /// Runs the heart on a thread of its own, so that tasks which hold up all others cannot make the pool look dead.
    ///
    /// # Errors
    /// When the system has nothing left to run it with.
    fn spawn_heart(&self, begin: BeginHeart) -> io::Result<()>;
}

/// What the heart waits on besides time and the other parts: the socket on which notifications arrive, where the store
/// tells which that is.
pub trait Reactor: Send + Sync {
    /// Watches this socket from now on, and no other. Returns whether it can.
    fn watch(&mut self, socket: Option<Socket>) -> bool;

    /// Is ready once something has arrived on the socket since this was last asked. Never is where there is none.
    fn arrival(&mut self) -> BoxFuture<'_, ()>;
}
