//! The async side of [fang](https://docs.rs/fang), for light tasks: workers are tokio tasks, and the queue uses
//! tokio-postgres. Applications depend on the crate `fang`, which re-exports this one.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
#[cfg(feature = "postgres")]
mod finish_in;
mod handle;
mod memory_queue;
#[cfg(feature = "postgres")]
mod queue;
mod runtime;
#[cfg(feature = "rustls")]
mod rustls;
#[cfg(feature = "postgres")]
mod session;
#[cfg(not(unix))]
mod signals;
#[doc(hidden)]
pub mod testing;
mod worker_pool;
mod workers;

#[cfg(feature = "rustls")]
pub use self::rustls::{Rustls, RustlsError};
pub use backend::AsyncBackend;
pub use fang_engine::handle::Admin;
pub use fang_engine::insert_rules::InsertRules;
pub use fang_engine::{Lease, Shutdown};
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
