//! A queue, a pool over it, and what its tasks tell.

use crate::task::{Act, Gate, How, Report, Reports};
use fang_blocking::{Backend, MemoryQueue, Queue, WorkerPool, block_on};
use fang_core::store::{Count, Store};
use fang_core::{FangTaskState, NewTask, RetentionMode, Task};
use fang_test_support::{PgBouncer, TestDatabase};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes that works.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The builder of a pool over the queue of a bench.
macro_rules! builder {
    ($bench:expr, $workers:expr) => {
        fang_blocking::WorkerPool::builder()
            .number_of_workers($workers)
            .queue($bench.queue.clone())
            .state($bench.reports.clone())
            .state($bench.gate.clone())
    };
}

pub(crate) use builder;

pub struct Bench<Q> {
    pub queue: Q,
    pub store: Arc<dyn Store>,
    pub gate: Gate,
    pub reports: Reports,
    reported: mpsc::Receiver<Report>,
    _below: Option<Below>,
}

/// What is there until the test is over.
type Below = (Option<PgBouncer>, TestDatabase);

impl Bench<MemoryQueue> {
    pub fn memory() -> Self {
        Self::new(MemoryQueue::new(), None)
    }
}

impl Bench<Queue> {
    pub fn postgres() -> Self {
        let database = database();
        let queue: Queue = Queue::builder().uri(database.uri()).max_pool_size(3_u32).build();
        queue.migrate().unwrap();
        Self::new(queue, Some((None, database)))
    }

    pub fn pgbouncer() -> Self {
        let database = database();
        let bouncer = runtime().block_on(PgBouncer::start(database.uri(), 3)).unwrap();
        let queue: Queue = Queue::builder().uri(bouncer.uri()).max_pool_size(3_u32).pgbouncer(true).build();
        queue.migrate().unwrap();
        Self::new(queue, Some((Some(bouncer), database)))
    }
}

impl<Q: Backend> Bench<Q> {
    fn new(queue: Q, below: Option<Below>) -> Self {
        let (sender, reported) = mpsc::channel();
        let store = queue.engine().unwrap();
        Self { queue, store, gate: Gate::default(), reports: Reports(sender), reported, _below: below }
    }

    pub fn pool(&self, workers: u32) -> WorkerPool<Q> {
        self.pool_keeping(workers, RetentionMode::default())
    }

    pub fn pool_keeping(&self, workers: u32, retention: RetentionMode) -> WorkerPool<Q> {
        builder!(self, workers).retention_mode(retention).build()
    }

    pub fn insert(&self, name: &str, how: How) -> Task {
        self.queue.insert_task(&Act::new(name, how)).unwrap()
    }

    pub fn insert_many(&self, count: usize, how: &How) {
        let tasks = (0..count).map(|n| NewTask::blocking(&Act::new(&n.to_string(), how.clone())).unwrap());
        self.queue.insert_tasks(tasks.collect()).unwrap();
    }

    /// A task that waits in another lane.
    pub fn of_type(&self, task_type: &str, how: How) -> NewTask {
        NewTask::blocking(&Act::new(task_type, how)).unwrap().task_type(task_type)
    }

    pub fn insert_of_types(&self, counts: &[(&str, usize)]) {
        for (task_type, count) in counts {
            let tasks = (0..*count).map(|_| self.of_type(task_type, How::Succeed));
            self.queue.insert_tasks(tasks.collect()).unwrap();
        }
    }

    /// Lets so many runs of [`How::Wait`] end.
    pub fn open(&self, permits: usize) {
        self.gate.open(permits);
    }

    /// Waits until so many tasks are in a state.
    pub fn until_in_state(&self, state: FangTaskState, count: u64) {
        let end = Instant::now() + PATIENCE;
        while self.count(state) != count {
            assert!(Instant::now() < end, "it should come to that");
            thread::yield_now();
        }
    }

    /// What the next task that starts tells.
    pub fn next(&self) -> Report {
        self.reported.recv_timeout(PATIENCE).expect("a task should start")
    }

    pub fn nothing_more_started(&self) -> bool {
        self.reported.try_recv().is_err()
    }

    /// The row of a task, once `is_it` is true of it (`None`: once there is no row).
    pub fn row_when(&self, task: &Task, is_it: impl Fn(Option<&Task>) -> bool) -> Option<Task> {
        let end = Instant::now() + PATIENCE;
        loop {
            let row = block_on(self.store.find(task.id)).unwrap();
            if is_it(row.as_ref()) {
                return row;
            }
            assert!(Instant::now() < end, "the row should come to that");
            thread::yield_now();
        }
    }

    /// The row of a task, once it is in this state.
    pub fn row_in(&self, task: &Task, state: FangTaskState) -> Task {
        self.row_when(task, |row| row.is_some_and(|row| row.state == state)).unwrap()
    }

    /// How many tasks are in a state.
    pub fn count(&self, state: FangTaskState) -> u64 {
        let counts: Vec<Count> = block_on(self.store.count()).unwrap();
        counts.iter().filter(|count| count.state == state).map(|count| count.tasks).sum()
    }
}

/// Only the support of the tests is async.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A fresh database.
fn database() -> TestDatabase {
    runtime().block_on(TestDatabase::create()).unwrap()
}

/// Waits until a condition holds.
pub fn until(mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "it should come to that");
        thread::yield_now();
    }
}
