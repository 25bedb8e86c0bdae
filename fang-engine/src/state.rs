//! The state that the parts of a pool share. Each field says which part writes it and which reads it.

pub mod again;
pub mod in_flight;
pub mod job;
mod leftover;
pub mod load;
pub mod news;
pub mod pool;
pub mod pool_state;
mod quiet;
pub mod reach;
pub mod results;
pub mod run;
pub mod run_signals;
pub mod stats;
mod stop;
mod times;
mod told;
mod turnover;
pub mod unfinished;

pub use in_flight::InFlight;
pub use job::{Job, UnwrittenClaim};
pub use leftover::Leftover;
pub use load::{Gauge, Load};
pub use pool::Pool;
pub use pool_state::PoolState;
pub use quiet::Quiet;
pub use reach::Reach;
pub use results::Finished;
pub use run::{Environment, TaskRun, run_of};
pub use run_signals::{RunKey, RunSignals};
pub use stats::Stats;
pub use stop::Stop;
pub(crate) use told::{MAX_LATE, tell_error_beside_wish, tell_late, tell_refused};
pub use unfinished::Unfinished;

/// A claimed task for tests: claimed for the first time, without retries or crashes.
#[cfg(test)]
pub(crate) fn example() -> fang_core::store::Claimed {
    fang_core::store::Claimed {
        id: uuid::Uuid::nil(),
        lease: 1,
        retries: 0,
        crashes: 0,
        metadata: "{}".into(),
        mode: fang_core::Mode::Asynk,
        priority: fang_core::Priority::Normal,
        scheduled_at: fang_core::store::DbInstant::MIN,
        unknown_for: None,
        max_retries: None,
        headers: fang_core::options::Headers::new(),
        keep: None,
        expired_at: None,
    }
}
