//! The runtime of tokio: sleeps, and spawns the parts of a pool.

use fang_core::{Mode, QueueError};
use fang_engine::runtime::{BeginHeart, BoxFuture, Runtime};
use fang_engine::shared_inserts::SharedInserts;
use fang_engine::signal::NoReactor;
#[cfg(feature = "postgres")]
use fang_postgres::Watch;
use std::io;
use std::thread;
use std::time::Duration;
use tokio::runtime::Handle;

/// Runs the parts of a pool as tokio tasks. The heart has a thread and a runtime of its own, so that it beats even
/// while tasks block every thread of the application's runtime.
pub(crate) struct Tokio(Handle);

impl Tokio {
    /// For a pool that starts on the current runtime.
    ///
    /// # Errors
    /// [`QueueError::NoRuntime`] outside of a runtime.
    pub(crate) fn current() -> Result<Self, QueueError> {
        Handle::try_current().map(Self).map_err(|_| QueueError::NoRuntime)
    }
}

impl Runtime for Tokio {
    fn mode(&self) -> Mode {
        Mode::Asynk
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(span))
    }

    fn spawn(&self, _: &'static str, part: BoxFuture<'static, ()>) -> io::Result<()> {
        self.0.spawn(part);
        Ok(())
    }

    fn spawn_thread(&self, name: &'static str, future: BoxFuture<'static, ()>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name(name.to_owned()).spawn(move || runtime.block_on(future)).map(|_| ())
    }

    fn spawn_heart(&self, begin: BeginHeart) -> io::Result<()> {
        self.spawn_thread("fang-heart", begin(Box::new(NoReactor)))
    }
}

/// The inserts of a queue that share statements. Tasks of the caller's runtime send them, since the future of a caller
/// may be dropped, or never be polled again.
pub(crate) fn shared_inserts() -> SharedInserts {
    SharedInserts::spawned(|| {
        let runtime = Handle::try_current().ok()?;
        Some(Box::new(move |statements| drop(runtime.spawn(statements))))
    })
}

/// Runs the watcher of transactions on the current runtime, if there is one.
#[cfg(feature = "postgres")]
pub(crate) fn watch() -> Option<Watch> {
    Handle::try_current().ok()?;
    let start = |watcher| drop(tokio::spawn(watcher));
    Some(Watch { start, sleep: |span| Box::pin(tokio::time::sleep(span)) })
}
