//! A fresh database, a queue in it, and a task that tells when it runs.

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::sql_types::BigInt;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};
use fang_blocking::{PgConnection, PgPool, Queue, WorkerPool};
use fang_core::{FangError, Queueable, Runnable, SleepParams, typetag};
use fang_test_support::TestDatabase;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes that works.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct World {
    pub queue: Queue,
    pub client: RefCell<PgConnection>,
    pub database: TestDatabase,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl World {
    pub fn new() -> Self {
        let world = Self::without_schema();
        world.queue.migrate().unwrap();
        world
    }

    pub fn without_schema() -> Self {
        // Only the support of the tests is async.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let database = runtime.block_on(TestDatabase::create()).unwrap();
        let client = RefCell::new(PgConnection::establish(database.uri()).unwrap());
        let queue = Queue::builder().uri(database.uri()).max_pool_size(4_u32).build();
        Self { queue, client, database }
    }

    /// One number that a query returns.
    pub fn number(&self, sql: &str) -> i64 {
        let query = sql_query(format!("SELECT ({sql}) AS number"));
        query.get_result::<Number>(&mut *self.client.borrow_mut()).unwrap().number
    }

    /// Waits until a pool that was declared dead knows it: it has beaten under another name.
    pub fn goes_on_after(&self, worker: i64) {
        let beats = format!("SELECT count(*) FROM fang_workers WHERE id > {worker} AND beat_at > started_at");
        until(|| self.number(&beats) > 0);
    }

    /// Runs statements.
    pub fn run(&self, sql: &str) {
        self.client.borrow_mut().batch_execute(sql).unwrap();
    }

    /// A pool as an application has one.
    pub fn application_pool(&self, size: u32) -> PgPool {
        let manager = ConnectionManager::new(self.database.uri());
        Pool::builder().max_size(size).connection_timeout(PATIENCE).build(manager).unwrap()
    }
}

/// A pool that never polls: what runs was woken.
pub fn asleep(queue: &Queue, ear: Ear) -> WorkerPool<Queue> {
    let hour = Duration::from_secs(3600);
    let sleep =
        SleepParams { sleep_period: hour, max_sleep_period: hour, min_sleep_period: hour, sleep_step: hour };
    WorkerPool::builder().number_of_workers(2_u32).queue(queue.clone()).sleep_params(sleep).state(ear).build()
}

/// Where a [`Say`] tells what it says.
#[derive(Clone)]
pub struct Ear(pub mpsc::Sender<String>);

/// What a [`Say`] that holds waits for: one permit each.
#[derive(Clone, Default)]
pub struct Hold(Arc<(Mutex<usize>, Condvar)>);

impl Hold {
    pub fn release(&self, permits: usize) {
        *self.0.0.lock().unwrap() += permits;
        self.0.1.notify_all();
    }

    pub fn wait(&self) {
        let permits = self.0.0.lock().unwrap();
        *self.0.1.wait_while(permits, |permits| *permits == 0).unwrap() -= 1;
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Say {
    pub text: String,
    #[serde(default)]
    pub hold: bool,
}

pub fn say(text: &str) -> Say {
    Say { text: text.to_owned(), hold: false }
}

#[typetag::serde]
impl Runnable for Say {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        let context = queue.context();
        if let Some(ear) = context.state::<Ear>() {
            let _ = ear.0.send(self.text.clone());
        }
        if let Some(hold) = context.state::<Hold>().filter(|_| self.hold) {
            hold.wait();
        }
        Ok(())
    }
}

pub fn ear() -> (Ear, mpsc::Receiver<String>) {
    let (sender, receiver) = mpsc::channel();
    (Ear(sender), receiver)
}

pub fn heard(ear: &mpsc::Receiver<String>) -> String {
    ear.recv_timeout(PATIENCE).expect("a task should run")
}

/// How often a test looks at the database for what no signal tells.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Waits until a condition holds.
pub fn until(mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "it should come to that");
        // Whatever is waited for needs the processor as well.
        thread::sleep(LOOK_EVERY);
    }
}
