//! The blocking mode, for heavy tasks: workers are OS threads, and the queue uses diesel. Begin with
//! [`guide::getting_started_blocking`](crate::guide::getting_started_blocking).

pub use fang_blocking::{
    Admin, Backend, FinishIn, Handle, Lease, MemoryQueue, PgConnection, PgPool, Queue, QueueBuilder,
    Shutdown, WorkerPool, WorkerPoolBuilder, run_migrations_postgres,
};

/// The queue, under its path of fang 0.5 to 0.11.
pub mod queue {
    pub use fang_blocking::{PgConnection, Queue};
    pub use fang_core::{QueueError, Queueable};
}

/// The task, under its path of fang 0.5 to 0.11.
pub mod runnable {
    pub use fang_core::Runnable;
}

/// The pool, under its path of fang 0.5 to 0.11.
pub mod worker_pool {
    pub use fang_blocking::WorkerPool;
}
