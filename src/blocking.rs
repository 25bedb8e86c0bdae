//! Heavy tasks: OS threads over diesel.

pub use fang_blocking::{
    Admin, Backend, FinishIn, Handle, Lease, MemoryQueue, PgConnection, PgPool, Queue, QueueBuilder,
    Shutdown, WorkerPool, WorkerPoolBuilder, run_migrations_postgres,
};

/// The queue, under the path it has had since fang 0.5.
pub mod queue {
    pub use fang_blocking::{PgConnection, Queue};
    pub use fang_core::{QueueError, Queueable};
}

/// The task, under the path it has had since fang 0.5.
pub mod runnable {
    pub use fang_core::Runnable;
}

/// The pool, under the path it has had since fang 0.5.
pub mod worker_pool {
    pub use fang_blocking::WorkerPool;
}
