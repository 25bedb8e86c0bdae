//! Calls of code that only watches.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls code of the application that only watches: its logger, or its recorder of metrics. If it panics, the pool goes on.
pub fn observed(watch: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(watch)) {
        // Dropping it may panic again.
        std::mem::forget(panic);
    }
}
