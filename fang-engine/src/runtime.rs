//! The runtime trait: tokio tasks in one mode, threads in the other.

use fang_core::Mode;
use fang_core::store::Socket;
use std::io;
use std::pin::Pin;
use std::time::Duration;

/// A future that can be moved to another thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Makes the heart's future from the reactor that it waits on.
pub type BeginHeart = Box<dyn FnOnce(Box<dyn Reactor>) -> BoxFuture<'static, ()> + Send>;

/// The runtime of a pool: it runs the parts and lets them sleep.
pub trait Runtime: Send + Sync {
    /// The mode of the tasks that its workers run.
    fn mode(&self) -> Mode;

    /// Sleeps for this long. Only parts that this runtime runs may await it.
    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()>;

    /// Runs a part of a pool until it ends, where the tasks of an async pool run too.
    ///
    /// # Errors
    /// When the system cannot run it.
    fn spawn(&self, name: &'static str, part: BoxFuture<'static, ()>) -> io::Result<()>;

    /// Runs a future of the library, which may sleep with this runtime, on a thread of its own. Tasks cannot hold it
    /// up.
    ///
    /// # Errors
    /// When the system cannot run it.
    fn spawn_thread(&self, name: &'static str, future: BoxFuture<'static, ()>) -> io::Result<()>;

    /// Runs the heart on a thread of its own, so that tasks which block all others cannot make the pool look dead.
    ///
    /// # Errors
    /// When the system cannot run it.
    fn spawn_heart(&self, begin: BeginHeart) -> io::Result<()>;
}

/// The socket on which notifications arrive, for the heart to wait on. Not every store tells which one that is.
pub trait Reactor: Send + Sync {
    /// Watches this socket from now on, instead of any earlier one. Returns whether it can.
    fn watch(&mut self, socket: Option<Socket>) -> bool;

    /// Waits until something has arrived on the socket since the last call. Waits for ever if there is no socket.
    fn arrival(&mut self) -> BoxFuture<'_, ()>;
}
