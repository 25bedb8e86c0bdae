//! What every part of a pool is: work that goes on until it ends, whatever panics in it.

use crate::state::pool::Pool;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// How long a part pauses that has panicked.
const PANIC_PAUSE: Duration = Duration::from_secs(1);

/// A part that has work to do until the pool drains or stops.
pub(crate) trait Part: Send {
    /// What it is called when it panics.
    const NAME: &str;

    /// The pool that it belongs to.
    fn pool(&self) -> &Pool;

    /// Does its work until there will be no more.
    fn work(&mut self) -> impl Future<Output = ()> + Send;
}

/// Lets a part work until it ends. No part but the workers runs the application's code, so a panic is a defect, which is
/// said, and must not stop the pool.
pub(crate) async fn run_to_end<P: Part>(part: &mut P) {
    while AssertUnwindSafe(part.work()).catch_unwind().await.is_err() {
        log::error!("the {} panicked and goes on", P::NAME);
        part.pool().sleep(PANIC_PAUSE).await;
    }
}
