//! A queue, a pool over it, and what its tasks tell.

use crate::task::{Act, Gate, How, Report, Reports};
use fang_asynk::{AsyncBackend, AsyncQueue, AsyncWorkerPool, MemoryQueue, NoTls};
use fang_core::store::{Count, NonBlocking};
use fang_core::{FangTaskState, NewTask, RetentionMode, Task};
use fang_test_support::{PgBouncer, TestDatabase};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Longer than anything takes that works.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The builder of a pool over the queue of a bench.
macro_rules! builder {
    ($bench:expr, $workers:expr) => {
        fang_asynk::AsyncWorkerPool::builder()
            .number_of_workers($workers)
            .queue($bench.queue.clone())
            .state($bench.reports.clone())
            .state($bench.gate.clone())
    };
}

pub(crate) use builder;

pub struct Bench<Q> {
    pub queue: Q,
    pub store: Arc<dyn NonBlocking>,
    pub gate: Gate,
    pub reports: Reports,
    reported: mpsc::UnboundedReceiver<Report>,
    _below: Option<Below>,
}

/// What is there until the test is over.
type Below = (Option<PgBouncer>, TestDatabase);

impl Bench<MemoryQueue> {
    pub fn memory() -> Self {
        Self::new(MemoryQueue::new(), None)
    }
}

impl Bench<AsyncQueue<NoTls>> {
    pub async fn postgres() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let queue: AsyncQueue<NoTls> = AsyncQueue::builder().uri(database.uri()).max_pool_size(3_u32).build();
        queue.migrate().await.unwrap();
        Self::new(queue, Some((None, database)))
    }

    pub async fn pgbouncer() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let bouncer = PgBouncer::start(database.uri(), 3).await.unwrap();
        let queue: AsyncQueue<NoTls> =
            AsyncQueue::builder().uri(bouncer.uri()).max_pool_size(3_u32).pgbouncer(true).build();
        queue.migrate().await.unwrap();
        Self::new(queue, Some((Some(bouncer), database)))
    }
}

impl<Q: AsyncBackend> Bench<Q> {
    fn new(queue: Q, below: Option<Below>) -> Self {
        let (sender, reported) = mpsc::unbounded_channel();
        let store = queue.engine().unwrap();
        Self { queue, store, gate: Gate::default(), reports: Reports(sender), reported, _below: below }
    }

    pub fn pool(&self, workers: u32) -> AsyncWorkerPool<Q> {
        self.pool_keeping(workers, RetentionMode::default())
    }

    pub fn pool_keeping(&self, workers: u32, retention: RetentionMode) -> AsyncWorkerPool<Q> {
        builder!(self, workers).retention_mode(retention).build()
    }

    pub async fn insert(&self, name: &str, how: How) -> Task {
        self.queue.insert_task(&Act::new(name, how)).await.unwrap()
    }

    pub async fn insert_many(&self, count: usize, how: How) {
        let tasks = (0..count).map(|n| NewTask::asynk(&Act::new(&n.to_string(), how.clone())).unwrap());
        self.queue.insert_tasks(tasks.collect()).await.unwrap();
    }

    /// A task that waits in another lane.
    pub fn of_type(&self, task_type: &str, how: How) -> NewTask {
        NewTask::asynk(&Act::new(task_type, how)).unwrap().task_type(task_type)
    }

    pub async fn insert_of_types(&self, counts: &[(&str, usize)]) {
        for (task_type, count) in counts {
            let tasks = (0..*count).map(|_| self.of_type(task_type, How::Succeed));
            self.queue.insert_tasks(tasks.collect()).await.unwrap();
        }
    }

    /// Lets so many runs of [`How::Wait`] end.
    pub fn open(&self, permits: usize) {
        self.gate.0.add_permits(permits);
    }

    /// Waits until so many tasks are in a state.
    pub async fn until_in_state(&self, state: FangTaskState, count: u64) {
        let come = async {
            while self.count(state).await != count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, come).await.expect("it should come to that");
    }

    /// What the next task that starts tells.
    pub async fn next(&mut self) -> Report {
        tokio::time::timeout(PATIENCE, self.reported.recv()).await.expect("a task should start").unwrap()
    }

    pub fn nothing_more_started(&mut self) -> bool {
        self.reported.try_recv().is_err()
    }

    /// The row of a task, once `is_it` is true of it (`None`: once there is no row).
    pub async fn row_when(&self, task: &Task, is_it: impl Fn(Option<&Task>) -> bool) -> Option<Task> {
        let found = async {
            loop {
                let row = self.store.find(task.id).await.unwrap();
                if is_it(row.as_ref()) {
                    return row;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("the row should come to that")
    }

    /// The row of a task, once it is in this state.
    pub async fn row_in(&self, task: &Task, state: FangTaskState) -> Task {
        self.row_when(task, |row| row.is_some_and(|row| row.state == state)).await.unwrap()
    }

    /// How many tasks are in a state.
    pub async fn count(&self, state: FangTaskState) -> u64 {
        let counts: Vec<Count> = self.store.count().await.unwrap();
        counts.iter().filter(|count| count.state == state).map(|count| count.tasks).sum()
    }
}
