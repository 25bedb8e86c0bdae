//! The async side of [fang](https://docs.rs/fang): tokio tasks over tokio-postgres, for light
//! tasks. Applications use the crate `fang`, which re-exports what they need.

mod backend;
mod claimer;
mod crons;
mod engine;
mod executor;
#[cfg(feature = "postgres")]
mod finish_in;
mod finisher;
mod handle;
mod heart;
mod holder;
mod memory_queue;
mod pruner;
#[cfg(feature = "postgres")]
mod queue;
#[cfg(feature = "rustls")]
mod rustls;
#[cfg(feature = "postgres")]
mod session;
mod signals;
mod supervisor;
mod worker_pool;

#[cfg(feature = "rustls")]
pub use self::rustls::{Rustls, RustlsError};
pub use backend::AsyncBackend;
pub use fang_core::pool::{Lease, Shutdown};
#[cfg(feature = "postgres")]
pub use finish_in::AsyncFinishIn;
pub use handle::Handle;
pub use memory_queue::MemoryQueue;
#[cfg(feature = "postgres")]
pub use queue::{AsyncQueue, AsyncQueueBuilder};
#[cfg(feature = "postgres")]
pub use session::TlsConnector;
#[cfg(feature = "postgres")]
#[doc(no_inline)]
pub use tokio_postgres::NoTls;
pub use worker_pool::{AsyncWorkerPool, AsyncWorkerPoolBuilder};
