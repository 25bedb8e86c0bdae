//! The blocking side of [fang](https://docs.rs/fang), for heavy tasks: workers are OS threads, and the queue uses
//! diesel. Applications depend on the crate `fang`, which re-exports this one.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod admin;
mod backend;
#[cfg(feature = "postgres")]
mod finish_in;
mod handle;
mod memory_queue;
#[cfg(feature = "postgres")]
mod queue;
mod runtime;
#[cfg(feature = "postgres")]
mod session;
#[doc(hidden)]
pub mod testing;
mod worker_pool;
mod workers;

pub use admin::Admin;
pub use backend::Backend;
#[cfg(feature = "postgres")]
#[doc(no_inline)]
pub use diesel::pg::PgConnection;
pub use fang_engine::insert_rules::InsertRules;
pub use fang_engine::{Lease, Shutdown};
#[cfg(feature = "postgres")]
pub use finish_in::FinishIn;
pub use handle::Handle;
pub use memory_queue::MemoryQueue;
#[cfg(feature = "postgres")]
pub use queue::{Queue, QueueBuilder};
#[doc(hidden)]
pub use runtime::block_on;
#[cfg(feature = "postgres")]
pub use session::{PgPool, run_migrations_postgres};
pub use worker_pool::{WorkerPool, WorkerPoolBuilder};
