//! Workers that are OS threads.

mod crew;
mod executor;
mod niceness;
mod overtime;
mod slot;

pub(crate) use crew::Crew;

use fang_engine::state::Job;

/// What a worker is told to do.
enum Order {
    /// Run a task, and go on.
    Run(Job),
    /// End: there are to be fewer workers.
    Leave,
}
