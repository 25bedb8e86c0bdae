//! Worker pools that use the connection pool of the application.

// Tests report by panics.
#![allow(clippy::unwrap_used)]

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use fang_blocking::{Lease, PgPool, Queue, WorkerPool};
use fang_core::{FangError, NewTask, Queueable, Runnable, typetag};
use fang_test_support::TestDatabase;
use serde::{Deserialize, Serialize};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// A pool is taken for dead after 250 ms of silence. With two or more connections, tasks use them for longer.
const QUICK: Lease =
    Lease { beat_every: Duration::from_millis(40), dead_after: Duration::from_millis(250), max_crashes: 3 };

struct World {
    database: TestDatabase,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl World {
    fn new() -> Self {
        // Only the test support is async.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let world = Self { database: runtime.block_on(TestDatabase::create()).unwrap() };
        Queue::builder().uri(world.database.uri()).max_pool_size(1_u32).build().migrate().unwrap();
        world
    }

    fn number(&self, sql: &str) -> i64 {
        let mut client = PgConnection::establish(self.database.uri()).unwrap();
        sql_query(format!("SELECT ({sql}) AS number")).get_result::<Number>(&mut client).unwrap().number
    }

    /// Makes the connection pool of an application.
    fn application_pool(&self, size: u32) -> PgPool {
        let manager = ConnectionManager::new(self.database.uri());
        Pool::builder().max_size(size).connection_timeout(PATIENCE).build(manager).unwrap()
    }
}

/// Tells the test that it runs.
#[derive(Serialize, Deserialize)]
struct Say;

#[typetag::serde]
impl Runnable for Say {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        let context = queue.context();
        context.require_state::<Ear>()?.0.send(context.task_type().to_owned()).map_err(FangError::from_error)
    }
}

#[derive(Clone)]
struct Ear(mpsc::Sender<String>);

/// Uses a connection of the application's pool for a while.
#[derive(Serialize, Deserialize)]
struct Hoard {
    millis: u64,
}

#[derive(Clone)]
struct Done(mpsc::Sender<u32>);

#[typetag::serde]
impl Runnable for Hoard {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        let context = queue.context();
        let pool = context.state::<PgPool>().ok_or_else(|| FangError::new("no pool"))?;
        let mut connection = pool.get()?;
        connection.batch_execute("SELECT 1")?;
        thread::sleep(Duration::from_millis(self.millis));
        let done = context.state::<Done>().ok_or_else(|| FangError::new("no channel"))?;
        done.0.send(context.attempt()).map_err(FangError::from_error)
    }
}

fn pool_of_hoarders(queue: &Queue, connections: &PgPool, done: Done) -> WorkerPool<Queue> {
    WorkerPool::builder()
        .number_of_workers(10_u32)
        .queue(queue.clone())
        .lease(QUICK)
        .state(connections.clone())
        .state(done)
        .build()
}

/// Runs tasks that each use a connection for a while. Asserts that none runs twice.
fn hoard(size: u32, tasks: usize, millis: u64) {
    let world = World::new();
    let connections = world.application_pool(size);
    let queue = Queue::builder().connection_pool(connections.clone()).build();
    let (sender, done) = mpsc::channel();
    let mut pool = pool_of_hoarders(&queue, &connections, Done(sender));
    pool.start().unwrap();
    let tasks = (0..tasks).map(|_| NewTask::blocking(&Hoard { millis }).unwrap()).collect::<Vec<_>>();
    let count = tasks.len();
    queue.insert_tasks(tasks).unwrap();
    let attempts: Vec<u32> = (0..count).map(|_| done.recv_timeout(PATIENCE).unwrap()).collect();
    assert_eq!(attempts, vec![1; count], "none was rescued or failed");
    let report = pool.shutdown(PATIENCE);
    assert_eq!((report.late_results, report.still_running), (0, 0));
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 0);
    // A pool that is declared dead registers again as a new worker.
    assert_eq!(world.number("SELECT count(*) FROM fang_workers"), 1);
    assert!(done.try_recv().is_err());
}

#[test]
fn ten_workers_whose_tasks_use_all_five_connections_lose_no_task() {
    hoard(5, 12, 1000);
}

#[test]
fn a_pool_of_two_connections_makes_progress() {
    hoard(2, 5, 300);
}

#[test]
fn a_pool_of_one_connection_makes_progress() {
    hoard(1, 5, 50);
}

#[test]
fn five_worker_pools_of_one_queue_work_with_three_connections() {
    let world = World::new();
    let queue = Queue::builder().connection_pool(world.application_pool(3)).build();
    let (sender, ear) = mpsc::channel();
    let types = ["a", "b", "c", "d", "e"];
    let mut pools: Vec<_> = types
        .iter()
        .map(|task_type| {
            let builder = WorkerPool::builder().number_of_workers(2_u32).queue(queue.clone());
            builder.task_type(*task_type).state(Ear(sender.clone())).build()
        })
        .collect();
    pools.iter_mut().for_each(|pool| pool.start().unwrap());
    for task_type in types {
        queue.insert(NewTask::blocking(&Say).unwrap().task_type(task_type)).unwrap();
        assert_eq!(ear.recv_timeout(PATIENCE).unwrap(), task_type);
    }
    for pool in &mut pools {
        assert_eq!(pool.shutdown(PATIENCE).still_running, 0);
    }
}

#[test]
fn connections_go_back_to_the_application_with_their_old_settings() {
    let world = World::new();
    let connections = world.application_pool(3);
    let set = "SET statement_timeout = '7s'; SET enable_hashjoin = off";
    let mut all: Vec<_> = (0..3).map(|_| connections.get().unwrap()).collect();
    all.iter_mut().for_each(|connection| connection.batch_execute(set).unwrap());
    drop(all);
    let queue = Queue::builder().connection_pool(connections.clone()).build();
    let (sender, ear) = mpsc::channel();
    let mut pool =
        WorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).state(Ear(sender)).build();
    pool.start().unwrap();
    queue.insert_task(&Say).unwrap();
    ear.recv_timeout(PATIENCE).unwrap();
    assert!(connections.state().idle_connections < 3);
    pool.shutdown(PATIENCE);
    let end = Instant::now() + PATIENCE;
    while connections.state().idle_connections < 3 {
        assert!(Instant::now() < end, "they should all come back");
        thread::yield_now();
    }
    let check = "DO $$ BEGIN
        ASSERT current_setting('statement_timeout') = '7s', 'statement_timeout';
        ASSERT current_setting('enable_hashjoin') = 'off', 'enable_hashjoin';
        ASSERT current_setting('enable_seqscan') = 'on', 'enable_seqscan';
        ASSERT current_setting('default_transaction_isolation') = 'read committed', 'isolation';
        ASSERT (SELECT count(*) = 0 FROM pg_listening_channels()), 'listens';
        END $$";
    let mut all: Vec<_> = (0..3).map(|_| connections.get().unwrap()).collect();
    all.iter_mut().for_each(|connection| connection.batch_execute(check).unwrap());
}
