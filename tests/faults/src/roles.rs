//! What the processes of a campaign do: this program, run again with a hidden subcommand.

pub mod bulk;
pub mod herd;
mod logger;
pub mod producer;
pub mod racer;
pub mod work;
pub mod worker;

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};

static STOPPING: AtomicBool = AtomicBool::new(false);

/// Whether whoever started this process wants no more of it; for those that called [`stop_with_parent`].
fn is_stopping() -> bool {
    STOPPING.load(Ordering::Relaxed)
}

/// From now on somebody waits for the parent's end.
fn stop_with_parent() {
    std::thread::spawn(|| {
        wait_for_parent();
        STOPPING.store(true, Ordering::Relaxed);
    });
}

/// Blocks until whoever started this process closes its standard input, or ends itself.
fn wait_for_parent() {
    // An error means that it is gone as well.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
