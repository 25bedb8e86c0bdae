//! The roles of the processes of a campaign. Each is this program, run again with a hidden subcommand.

pub mod bulk;
pub mod herd;
mod logger;
pub mod odd;
pub mod producer;
pub mod racer;
pub mod work;
pub mod worker;

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};

static STOPPING: AtomicBool = AtomicBool::new(false);

/// Whether the parent process wants this one to end. Needs [`stop_with_parent`].
fn is_stopping() -> bool {
    STOPPING.load(Ordering::Relaxed)
}

/// Starts a thread that waits for the parent to close the standard input.
fn stop_with_parent() {
    std::thread::spawn(|| {
        wait_for_parent();
        STOPPING.store(true, Ordering::Relaxed);
    });
}

/// Blocks until the parent process closes the standard input, or ends.
fn wait_for_parent() {
    // An error means that the parent is gone.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
