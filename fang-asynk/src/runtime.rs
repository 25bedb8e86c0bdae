//! The runtime of tokio: sleeps, and spawns the parts of a pool.

use fang_core::Mode;
use fang_engine::runtime::{BeginHeart, BoxFuture, Runtime};
use fang_engine::signal::NoReactor;
use std::io;
use std::thread;
use std::time::Duration;

/// Runs the parts of a pool as tokio tasks. The heart has a thread and a runtime of its own, so that it beats even
/// while tasks block every thread of the application's runtime.
pub(crate) struct Tokio;

impl Runtime for Tokio {
    fn mode(&self) -> Mode {
        Mode::Asynk
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(span))
    }

    fn spawn(&self, _: &'static str, part: BoxFuture<'static, ()>) -> io::Result<()> {
        tokio::spawn(part);
        Ok(())
    }

    fn spawn_heart(&self, begin: BeginHeart) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new()
            .name("fang-heart".into())
            .spawn(move || runtime.block_on(begin(Box::new(NoReactor))))
            .map(|_| ())
    }
}
