//! Tests of programs that use [fang](https://docs.rs/fang): assertions about inserted tasks, runs of single tasks,
//! drains, a clock to turn, and Postgres schemas of their own for tests. Applications depend on the crate `fang` with
//! its feature `testing`, which re-exports this one.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg(any(feature = "asynk", feature = "blocking"))]

mod asserts;
mod clock;
mod drain;
mod drained;
mod expected;
mod mode;
mod options;
mod outcome;
mod perform;
mod queue;
#[cfg(feature = "postgres")]
mod schema;
mod ticks;
#[cfg(feature = "postgres")]
mod transaction;

pub use asserts::inserted;
pub use clock::{Clock, clock};
pub use drain::{Drain, drain};
pub use drained::Drained;
pub use expected::{ANY, Expected};
pub use mode::{Asynk, Blocking, Mode, Waiting};
pub use options::AnyMiddleware;
pub use outcome::{Outcome, Ran};
pub use perform::{Performed, Performing, perform};
pub use queue::{Inspect, OverStore, TestQueue, over_store};
#[cfg(feature = "postgres")]
pub use schema::TestSchema;
pub use ticks::{Ticks, next_ticks};
#[cfg(feature = "postgres")]
pub use transaction::InTransaction;
#[cfg(all(feature = "asynk", feature = "postgres"))]
pub use transaction::transaction;
#[cfg(all(feature = "blocking", feature = "postgres"))]
pub use transaction::transaction_blocking;
#[cfg(feature = "sqlx")]
pub use transaction::transaction_sqlx;

/// For the macros.
#[doc(hidden)]
pub mod __private {
    pub use fang_core::Declared;
    pub use serde_json::json;
}
