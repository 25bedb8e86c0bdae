//! The blocking side of [fang](https://docs.rs/fang): OS threads over diesel, for heavy tasks.
//! Applications use the crate `fang`, which re-exports what they need.

mod backend;
mod block_on;
mod claimer;
mod crons;
mod desk;
mod ear;
mod engine;
mod executor;
#[cfg(feature = "postgres")]
mod finish_in;
mod finisher;
mod handle;
mod heart;
mod holder;
mod memory_queue;
mod niceness;
mod overtime;
mod pruner;
#[cfg(feature = "postgres")]
mod queue;
#[cfg(feature = "postgres")]
mod session;
#[cfg(unix)]
mod signals;
mod supervisor;
mod waiting;
mod worker_pool;

pub use backend::Backend;
pub use block_on::block_on;
#[cfg(feature = "postgres")]
#[doc(no_inline)]
pub use diesel::pg::PgConnection;
pub use fang_core::pool::{Lease, Shutdown};
#[cfg(feature = "postgres")]
pub use finish_in::FinishIn;
pub use handle::Handle;
pub use memory_queue::MemoryQueue;
#[cfg(feature = "postgres")]
pub use queue::{Queue, QueueBuilder};
#[cfg(feature = "postgres")]
pub use session::{PgPool, run_migrations_postgres};
pub use worker_pool::{WorkerPool, WorkerPoolBuilder};
