//! The runtime of threads: sleeps, and spawns the parts of a pool.

mod park;
mod reactor;

pub use park::block_on;

use fang_core::Mode;
use fang_engine::runtime::{BeginHeart, BoxFuture, Runtime};
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
