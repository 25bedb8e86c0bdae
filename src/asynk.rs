//! The async mode, for light tasks: workers are tokio tasks, and the queue uses tokio-postgres. Begin with
//! [`guide::getting_started_async`](crate::guide::getting_started_async).

pub use fang_asynk::{
    Admin, AsyncBackend, AsyncFinishIn, AsyncQueue, AsyncQueueBuilder, AsyncWorkerPool,
    AsyncWorkerPoolBuilder, Handle, Lease, MemoryQueue, NoTls, TlsConnector,
};
#[cfg(feature = "rustls")]
pub use fang_asynk::{Rustls, RustlsError};
#[doc(no_inline)]
pub use fang_core::{AsyncQueueable, AsyncRunnable, QueueError as AsyncQueueError};

/// The queue, under its path of fang 0.5 to 0.11.
pub mod async_queue {
    pub use fang_asynk::AsyncQueue;
    pub use fang_core::{AsyncQueueable, QueueError as AsyncQueueError};
}

/// The task, under its path of fang 0.5 to 0.11.
pub mod async_runnable {
    pub use fang_core::AsyncRunnable;
}

/// The pool, under its path of fang 0.5 to 0.11.
pub mod async_worker_pool {
    pub use fang_asynk::AsyncWorkerPool;
}
