//! The workers of this mode: OS threads.

mod crew;
mod executor;
mod niceness;
mod overtime;
mod slot;

pub(crate) use crew::Crew;

use fang_engine::state::Job;

/// An order to one worker.
#[expect(clippy::large_enum_variant, reason = "almost every order is a run")]
enum Order {
    /// Run this task, then take the next order.
    Run(Job),
    /// End, because the pool is resized to fewer workers.
    Leave,
}
