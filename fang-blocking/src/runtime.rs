//! The runtime of threads: sleeps, and spawns the parts of a pool.

mod park;
mod reactor;

pub use park::block_on;

use fang_core::Mode;
use fang_engine::runtime::{BeginHeart, BoxFuture, Runtime};
use fang_engine::shared_inserts::SharedInserts;
#[cfg(feature = "postgres")]
use fang_postgres::Watch;
use park::{Sleep, drive};
use reactor::Reactor;
use std::io;
use std::thread;
use std::time::Duration;

/// Runs each part of a pool on a thread of its own.
pub(crate) struct Threads;

impl Runtime for Threads {
    fn mode(&self) -> Mode {
        Mode::Blocking
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        Box::pin(Sleep::new(span))
    }

    fn spawn(&self, name: &'static str, part: BoxFuture<'static, ()>) -> io::Result<()> {
        self.spawn_thread(name, part)
    }

    fn spawn_thread(&self, name: &'static str, future: BoxFuture<'static, ()>) -> io::Result<()> {
        thread::Builder::new().name(name.to_owned()).spawn(move || block_on(future)).map(|_| ())
    }

    fn spawn_heart(&self, begin: BeginHeart) -> io::Result<()> {
        let (mut reactor, watch) = Reactor::new()?;
        thread::Builder::new()
            .name("fang-heart".to_owned())
            .spawn(move || drive(&mut reactor, begin(Box::new(watch))))
            .map(|_| ())
    }
}

/// The inserts of a queue that share statements. Their callers send them, since a thread cannot leave a call.
pub(crate) fn shared_inserts() -> SharedInserts {
    SharedInserts::led()
}

/// Runs the watcher of transactions on a thread of its own. Without one, pools find the tasks by their polls.
#[cfg(feature = "postgres")]
pub(crate) fn watch() -> Watch {
    let start = |watcher| {
        let thread = thread::Builder::new().name("fang-watch".to_owned());
        if let Err(error) = thread.spawn(move || block_on(watcher)) {
            log::warn!("no thread could be started to watch transactions; allow more threads: {error}");
        }
    };
    Watch { start, sleep: |span| Box::pin(Sleep::new(span)) }
}
