//! A queue of either mode, over either store.

use super::{Both, PATIENCE, PoolBuilder, Stage};
use diesel::r2d2::{ConnectionManager, Pool};
use fang_asynk::{AsyncBackend, AsyncQueue, NoTls};
use fang_blocking::Backend;
use fang_core::new_task::DEFAULT_MAX_PAYLOAD_BYTES;
use fang_core::store::Store;
use fang_core::{NewTask, PayloadError, QueueError};
use std::sync::Arc;
use tokio::task::block_in_place;
use uuid::Uuid;

/// The mode of a queue and its pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Tokio tasks.
    Asynk,
    /// OS threads.
    Blocking,
}

/// The options of a queue over Postgres.
#[derive(Clone)]
pub struct Options {
    pub max_pool_size: u32,
    pub listen: bool,
    pub notify: bool,
    pub pgbouncer: bool,
    pub max_payload_bytes: usize,
    pub schema: Option<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        let max_payload_bytes = DEFAULT_MAX_PAYLOAD_BYTES;
        Self {
            max_pool_size: 10,
            listen: true,
            notify: true,
            pgbouncer: false,
            max_payload_bytes,
            schema: None,
        }
    }
}

macro_rules! built {
    ($builder:expr, $uri:expr, $options:expr) => {{
        let builder = $builder.uri($uri).max_pool_size($options.max_pool_size);
        let builder = builder.listen($options.listen).notify($options.notify).pgbouncer($options.pgbouncer);
        let builder = builder.max_payload_bytes($options.max_payload_bytes);
        match $options.schema {
            Some(schema) => builder.schema(schema).build(),
            None => builder.build(),
        }
    }};
}

impl Mode {
    /// The mode in the rows of its tasks.
    pub fn of_rows(self) -> fang_core::Mode {
        match self {
            Self::Asynk => fang_core::Mode::Asynk,
            Self::Blocking => fang_core::Mode::Blocking,
        }
    }

    /// Makes a new task of this mode.
    pub fn prepare(self, task: &dyn Both) -> Result<NewTask, PayloadError> {
        match self {
            Self::Asynk => NewTask::asynk(task),
            Self::Blocking => NewTask::blocking(task),
        }
    }

    /// Makes a new task of this mode from a valid task.
    pub fn new_task(self, task: &dyn Both) -> NewTask {
        self.prepare(task).unwrap()
    }

    /// Makes a queue over Postgres with few connections.
    pub fn queue(self, uri: &str) -> Queue {
        self.queue_with(uri, &Options { max_pool_size: 4, ..Options::default() })
    }

    pub fn queue_with(self, uri: &str, options: &Options) -> Queue {
        match self {
            Self::Asynk => Queue::Asynk(built!(AsyncQueue::builder(), uri, options)),
            Self::Blocking => Queue::Blocking(built!(fang_blocking::Queue::builder(), uri, options)),
        }
    }

    /// Makes a queue over an application pool of this size. Only the blocking mode has that.
    pub fn queue_over_application_pool(uri: &str, size: u32) -> Queue {
        let builder = Pool::builder().max_size(size).connection_timeout(PATIENCE);
        let connections = builder.build(ConnectionManager::new(uri)).unwrap();
        Queue::Blocking(fang_blocking::Queue::builder().connection_pool(connections).build())
    }

    pub fn memory(self) -> Queue {
        match self {
            Self::Asynk => Queue::AsynkMemory(fang_asynk::MemoryQueue::new()),
            Self::Blocking => Queue::BlockingMemory(fang_blocking::MemoryQueue::new()),
        }
    }
}

#[derive(Clone, Debug)]
pub enum Queue {
    Asynk(AsyncQueue<NoTls>),
    AsynkMemory(fang_asynk::MemoryQueue),
    Blocking(fang_blocking::Queue),
    BlockingMemory(fang_blocking::MemoryQueue),
}

/// Evaluates an expression with the queue of either mode. The one of the blocking mode may block.
macro_rules! by_mode {
    ($self:expr, $queue:ident, $asynk:expr, $blocking:expr) => {
        match $self {
            Queue::Asynk($queue) => $asynk,
            Queue::AsynkMemory($queue) => $asynk,
            Queue::Blocking($queue) => tokio::task::block_in_place(|| $blocking),
            Queue::BlockingMemory($queue) => tokio::task::block_in_place(|| $blocking),
        }
    };
}

pub(crate) use by_mode;

impl Queue {
    pub fn mode(&self) -> Mode {
        match self {
            Self::Asynk(_) | Self::AsynkMemory(_) => Mode::Asynk,
            Self::Blocking(_) | Self::BlockingMemory(_) => Mode::Blocking,
        }
    }

    /// Makes a pool for this queue.
    pub fn pool(&self, number_of_workers: u32, stage: &Stage) -> PoolBuilder {
        PoolBuilder::new(self.clone(), number_of_workers, stage.clone())
    }

    /// The store, for calls of tools.
    pub fn admin(&self) -> Arc<dyn Store> {
        self.engine()
    }

    /// The store, over connections like those of a pool.
    pub fn engine(&self) -> Arc<dyn Store> {
        by_mode!(self, queue, queue.engine().unwrap(), queue.engine().unwrap())
    }

    pub async fn schedule_only(&self, tasks: Vec<NewTask>) -> Result<u64, QueueError> {
        by_mode!(self, queue, queue.schedule_only(tasks).await, queue.schedule_only(tasks))
    }

    pub async fn run_cron(&self, name: &str) -> Result<Option<Uuid>, QueueError> {
        by_mode!(self, queue, queue.run_cron(name).await, queue.run_cron(name))
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<usize, QueueError> {
        match self {
            Self::Asynk(queue) => queue.migrate().await,
            Self::Blocking(queue) => block_in_place(|| queue.migrate()),
            _ => Ok(0),
        }
    }
}
