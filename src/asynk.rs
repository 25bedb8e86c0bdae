//! Light tasks: tokio tasks over tokio-postgres.

pub use fang_asynk::{
    Admin, AsyncBackend, AsyncFinishIn, AsyncQueue, AsyncQueueBuilder, AsyncWorkerPool,
    AsyncWorkerPoolBuilder, Handle, Lease, MemoryQueue, NoTls, TlsConnector,
};
#[cfg(feature = "rustls")]
pub use fang_asynk::{Rustls, RustlsError};

/// The queue, under the path it has had since fang 0.5.
pub mod async_queue {
    pub use fang_asynk::AsyncQueue;
    pub use fang_core::{AsyncQueueable, QueueError as AsyncQueueError};
}

/// The task, under the path it has had since fang 0.5.
pub mod async_runnable {
    pub use fang_core::AsyncRunnable;
}

/// The pool, under the path it has had since fang 0.5.
pub mod async_worker_pool {
    pub use fang_asynk::AsyncWorkerPool;
}
