//! The workers of this mode: OS threads.

mod crew;
mod executor;
mod niceness;
mod overtime;
mod slot;

pub(crate) use crew::Crew;
