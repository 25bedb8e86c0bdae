//! A pool of either mode.

use super::queue::by_mode;
use super::{Around, HOUR, PATIENCE, Queue, Stage};
use async_channel::Receiver;
use fang_asynk::{AsyncBackend, AsyncWorkerPool, Lease, Shutdown};
use fang_blocking::{Backend, WorkerPool};
use fang_core::task::DEFAULT_TASK_TYPE;
use fang_core::{QueueError, RetentionMode, SleepParams, async_trait};
use fang_engine::{CANCEL_GRACE, Event, PoolMonitor, PoolStats, VACUUM_AT};
use std::fmt::Debug;
use std::ops::{Deref, DerefMut};
use std::time::Duration;
use tokio::task::block_in_place;

/// The next event that a pool or a queue tells.
pub async fn next_event(told: &Receiver<Event>) -> Event {
    tokio::time::timeout(PATIENCE, told.recv()).await.expect("an event should come").unwrap()
}

/// The calls of a pool of either mode.
#[async_trait]
pub trait Works: Debug + Send {
    async fn start(&mut self) -> Result<(), QueueError>;
    async fn shutdown(&mut self, deadline: Duration) -> Shutdown;
    /// Runs until a message arrives on `signal`.
    async fn run_until(&mut self, signal: Receiver<()>) -> Result<Shutdown, QueueError>;
    fn resize(&mut self, number_of_workers: u32) -> Result<(), QueueError>;
    fn monitor(&self) -> PoolMonitor;
    /// Stops what would outlive the test.
    fn end(&mut self);

    fn stats(&self) -> PoolStats {
        self.monitor().stats()
    }

    fn quiet(&self) {
        self.monitor().quiet();
    }

    fn resume(&self) {
        self.monitor().resume();
    }
}

/// A pool that ends with its test. One of threads would otherwise go on without its database, and try to connect for as
/// long as other tests run.
#[derive(Debug)]
pub struct Pool {
    works: Box<dyn Works>,
    ends: bool,
}

impl Pool {
    fn new(works: impl Works + 'static) -> Self {
        Self { works: Box::new(works), ends: true }
    }

    /// Drops the pool as an application does.
    pub fn let_go(mut self) {
        self.ends = false;
    }
}

impl Deref for Pool {
    type Target = dyn Works;

    fn deref(&self) -> &Self::Target {
        &*self.works
    }
}

impl DerefMut for Pool {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.works
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if self.ends {
            self.works.end();
        }
    }
}

#[async_trait]
impl<Q: AsyncBackend + Debug> Works for AsyncWorkerPool<Q> {
    async fn start(&mut self) -> Result<(), QueueError> {
        self.start().await
    }

    async fn shutdown(&mut self, deadline: Duration) -> Shutdown {
        self.shutdown(deadline).await
    }

    async fn run_until(&mut self, signal: Receiver<()>) -> Result<Shutdown, QueueError> {
        self.run_until(signal.recv()).await
    }

    fn resize(&mut self, number_of_workers: u32) -> Result<(), QueueError> {
        self.resize(number_of_workers)
    }

    fn monitor(&self) -> PoolMonitor {
        self.monitor()
    }

    /// Its tasks end with the runtime of the test.
    fn end(&mut self) {}
}

#[async_trait]
impl<Q: Backend + Debug> Works for WorkerPool<Q> {
    async fn start(&mut self) -> Result<(), QueueError> {
        block_in_place(|| self.start())
    }

    async fn shutdown(&mut self, deadline: Duration) -> Shutdown {
        block_in_place(|| self.shutdown(deadline))
    }

    async fn run_until(&mut self, signal: Receiver<()>) -> Result<Shutdown, QueueError> {
        block_in_place(|| self.run_until(|| signal.recv_blocking()))
    }

    fn resize(&mut self, number_of_workers: u32) -> Result<(), QueueError> {
        self.resize(number_of_workers)
    }

    fn monitor(&self) -> PoolMonitor {
        self.monitor()
    }

    fn end(&mut self) {
        self.shutdown(Duration::ZERO);
    }
}

/// The options of a pool, with the defaults of the library.
pub struct PoolBuilder {
    queue: Queue,
    number_of_workers: u32,
    stage: Stage,
    task_type: String,
    task_types: Vec<(String, u32)>,
    all_task_types: bool,
    lease: Lease,
    sleep: SleepParams,
    retention: RetentionMode,
    prune_after: Duration,
    cancel_grace: Duration,
    lock_claims: bool,
    vacuum: bool,
    vacuum_at: u32,
    listener: Option<Listener>,
    around: Option<Around>,
}

pub type Listener = Box<dyn Fn(&Event) + Send + Sync>;

impl PoolBuilder {
    pub fn new(queue: Queue, number_of_workers: u32, stage: Stage) -> Self {
        Self {
            queue,
            number_of_workers,
            stage,
            task_type: DEFAULT_TASK_TYPE.to_owned(),
            task_types: Vec::new(),
            all_task_types: false,
            lease: Lease::default(),
            sleep: SleepParams::default(),
            retention: RetentionMode::default(),
            prune_after: Duration::MAX,
            cancel_grace: CANCEL_GRACE,
            lock_claims: true,
            vacuum: true,
            vacuum_at: VACUUM_AT,
            listener: None,
            around: None,
        }
    }

    pub fn task_type(self, task_type: &str) -> Self {
        Self { task_type: task_type.to_owned(), ..self }
    }

    pub fn task_types(self, task_types: &[(&str, u32)]) -> Self {
        let task_types = task_types.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect();
        Self { task_types, ..self }
    }

    pub fn all_task_types(self) -> Self {
        Self { all_task_types: true, ..self }
    }

    pub fn lease(self, lease: Lease) -> Self {
        Self { lease, ..self }
    }

    pub fn keeps(self, retention: RetentionMode) -> Self {
        Self { retention, ..self }
    }

    pub fn prunes_after(self, age: Duration) -> Self {
        Self { prune_after: age, ..self }
    }

    pub fn vacuums_at(self, dead_rows: u32) -> Self {
        Self { vacuum_at: dead_rows, ..self }
    }

    pub fn never_vacuums(self) -> Self {
        Self { vacuum: false, ..self }
    }

    pub fn cancel_grace(self, cancel_grace: Duration) -> Self {
        Self { cancel_grace, ..self }
    }

    pub fn on_event(self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self { listener: Some(Box::new(listener)), ..self }
    }

    /// Collects the events of the pool.
    pub fn tells(self) -> (Self, Receiver<Event>) {
        let (tell, told) = async_channel::unbounded();
        (self.on_event(move |event| drop(tell.try_send(event.clone()))), told)
    }

    pub fn middleware(self, around: Around) -> Self {
        Self { around: Some(around), ..self }
    }

    /// Makes the pool never poll during a test, so that a task runs only if a notification arrives.
    pub fn asleep(self) -> Self {
        Self { sleep: sleeps_for(HOUR), ..self }
    }

    pub fn build(self) -> Pool {
        macro_rules! built {
            ($builder:expr, $queue:expr) => {{
                let builder = $builder
                    .number_of_workers(self.number_of_workers)
                    .queue($queue.clone())
                    .task_type(self.task_type)
                    .task_types(self.task_types)
                    .lease(self.lease)
                    .sleep_params(self.sleep)
                    .retention_mode(self.retention)
                    .prune_after(self.prune_after)
                    .lock_claims(self.lock_claims)
                    .vacuum(self.vacuum)
                    .vacuum_at(self.vacuum_at)
                    .state(self.stage);
                let builder = match self.listener {
                    Some(listener) => builder.on_event(listener),
                    None => builder,
                };
                match self.around {
                    Some(around) => builder.middleware(around),
                    None => builder,
                }
            }};
        }
        macro_rules! finished {
            ($builder:expr) => {
                match self.all_task_types {
                    true => Pool::new($builder.all_task_types().build()),
                    false => Pool::new($builder.build()),
                }
            };
        }
        let grace = self.cancel_grace;
        by_mode!(
            &self.queue,
            queue,
            finished!(built!(AsyncWorkerPool::builder(), queue).cancel_grace(grace)),
            finished!(built!(WorkerPool::builder(), queue))
        )
    }

    /// Builds and starts the pool.
    pub async fn start(self) -> Pool {
        let mut pool = self.build();
        pool.start().await.unwrap();
        pool
    }
}

/// Poll settings with one interval.
fn sleeps_for(period: Duration) -> SleepParams {
    SleepParams {
        sleep_period: period,
        max_sleep_period: period,
        min_sleep_period: period,
        sleep_step: period,
    }
}
