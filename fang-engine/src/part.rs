//! A part of a pool: work that goes on until it ends, even if it panics.

use crate::observed::observed;
use crate::state::pool::Pool;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// How long a part pauses after a panic.
const PANIC_PAUSE: Duration = Duration::from_secs(1);

/// A part that has work to do until the pool drains or stops.
pub(crate) trait Part: Send {
    /// Its name in log messages.
    const NAME: &str;

    /// Its pool.
    fn pool(&self) -> &Pool;

    /// Works until there will be nothing more to do.
    fn work(&mut self) -> impl Future<Output = ()> + Send;
}

/// Runs a part until it ends. A panic here is a defect of fang, or of the logger of the application, which parts call: it is
/// logged, and the part goes on.
pub(crate) async fn run_to_end<P: Part>(part: &mut P) {
    while AssertUnwindSafe(part.work()).catch_unwind().await.is_err() {
        observed(|| {
            log::error!(
                "the {} panicked and starts again; look at the panic: unless it is of your logger, please report it as \
                 a defect of fang",
                P::NAME
            );
        });
        part.pool().sleep(PANIC_PAUSE).await;
    }
}
