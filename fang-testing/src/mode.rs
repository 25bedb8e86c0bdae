use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Asynk {}
    impl Sealed for super::Blocking {}
}

/// The mode of a queue: [`Asynk`] or [`Blocking`]. The compiler finds it by the queue. In the async mode calls are
/// awaited; in the blocking mode they block.
pub trait Mode: sealed::Sealed + Sized + 'static {
    /// The answer of a call: a future in the async mode, the value itself in the blocking mode.
    type Answer<'a, T: 'a>;

    /// As tasks have it.
    #[doc(hidden)]
    const MODE: fang_core::Mode;

    #[doc(hidden)]
    fn answer<'a, T: 'a>(future: BoxFuture<'a, T>) -> Self::Answer<'a, T>;

    /// Only within the future of an answer.
    #[doc(hidden)]
    fn sleep(span: Duration) -> BoxFuture<'static, ()>;
}

/// The async mode: calls answer by a future.
#[derive(Clone, Copy, Debug)]
pub enum Asynk {}

/// The blocking mode: calls block.
#[derive(Clone, Copy, Debug)]
pub enum Blocking {}

#[cfg(feature = "asynk")]
impl Mode for Asynk {
    type Answer<'a, T: 'a> = Waiting<'a, T>;

    const MODE: fang_core::Mode = fang_core::Mode::Asynk;

    fn answer<'a, T: 'a>(future: BoxFuture<'a, T>) -> Waiting<'a, T> {
        Waiting(future)
    }

    fn sleep(span: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(span))
    }
}

#[cfg(feature = "blocking")]
impl Mode for Blocking {
    type Answer<'a, T: 'a> = T;

    const MODE: fang_core::Mode = fang_core::Mode::Blocking;

    fn answer<'a, T: 'a>(future: BoxFuture<'a, T>) -> T {
        fang_blocking::block_on(future)
    }

    fn sleep(span: Duration) -> BoxFuture<'static, ()> {
        Box::pin(async move { std::thread::sleep(span) })
    }
}

/// The answer of a call in the async mode. Await it.
#[must_use = "nothing happens before this is awaited"]
pub struct Waiting<'a, T>(BoxFuture<'a, T>);

impl<T> Future for Waiting<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.0.as_mut().poll(context)
    }
}

impl<T> fmt::Debug for Waiting<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}
