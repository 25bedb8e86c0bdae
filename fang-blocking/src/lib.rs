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
mod finish_in;
mod finisher;
mod handle;
mod heart;
mod holder;
mod memory_queue;
mod niceness;
mod overtime;
mod pruner;
mod queue;
mod session;
#[cfg(unix)]
mod signals;
mod supervisor;
mod waiting;
mod worker_pool;

pub use backend::Backend;
pub use block_on::block_on;
#[doc(no_inline)]
pub use diesel::pg::PgConnection;
pub use fang_core::pool::{Lease, Shutdown};
pub use finish_in::FinishIn;
pub use handle::Handle;
pub use memory_queue::MemoryQueue;
pub use queue::{Queue, QueueBuilder};
pub use session::{PgPool, run_migrations_postgres};
pub use worker_pool::{WorkerPool, WorkerPoolBuilder};
