//! For the tests of your program. Needs the feature `testing`. [`guide::testing`](crate::guide::testing) shows how to
//! use it.
//!
//! Nothing here is global, so tests may run at the same time. In the async mode calls are awaited; in the blocking mode
//! they block. The compiler finds the mode by the queue.

#[cfg(feature = "asynk")]
pub use fang_testing::transaction;
#[cfg(feature = "blocking")]
pub use fang_testing::transaction_blocking;
#[cfg(feature = "sqlx")]
pub use fang_testing::transaction_sqlx;
pub use fang_testing::{
    ANY, AnyMiddleware, Asynk, Blocking, Clock, Drain, Drained, Expected, InTransaction, Inspect, Mode,
    Outcome, OverStore, Performed, Performing, Ran, TestQueue, TestSchema, Ticks, Waiting, assert_inserted,
    clock, drain, inserted, next_ticks, over_store, perform, refute_inserted,
};
