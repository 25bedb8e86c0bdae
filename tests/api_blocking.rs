//! A feed bot written for fang 0.11 compiles and runs without changes.

#![cfg(all(feature = "blocking", feature = "derive-error", feature = "migrations"))]
// Tests report by panics. The application is kept as it was written.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, missing_debug_implementations)]

use diesel::r2d2::{ConnectionManager, Pool};
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};
use fang::serde::{Deserialize, Serialize};
use fang::typetag;
use fang::{
    FangError, PgConnection, Queue, Queueable, RetentionMode, Runnable, Scheduled, SleepParams, Task,
    ToFangError, WorkerPool, run_migrations_postgres,
};
use fang_test_support::TestDatabase;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

type PgPool = Pool<ConnectionManager<PgConnection>>;

static POOL: OnceLock<PgPool> = OnceLock::new();
static SYNCED: AtomicUsize = AtomicUsize::new(0);
static DELIVERED: AtomicUsize = AtomicUsize::new(0);
static CLEANED: AtomicUsize = AtomicUsize::new(0);

fn pool() -> &'static PgPool {
    POOL.get().unwrap()
}

#[derive(Debug, ToFangError)]
enum BotError {
    Database(#[allow(dead_code)] diesel::result::Error),
    Pool(#[allow(dead_code)] diesel::r2d2::PoolError),
}

impl From<diesel::result::Error> for BotError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

impl From<diesel::r2d2::PoolError> for BotError {
    fn from(error: diesel::r2d2::PoolError) -> Self {
        Self::Pool(error)
    }
}

fn note(what: &str) -> Result<usize, BotError> {
    let connection = &mut pool().get()?;
    Ok(sql_query("INSERT INTO notes (what) VALUES ($1)").bind::<Text, _>(what).execute(connection)?)
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "fang::serde")]
pub struct SyncAll {}

#[typetag::serde]
impl Runnable for SyncAll {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        for number in 0..3 {
            queue.insert_task(&SyncFeed { number })?;
        }
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::CronPattern("0/1 * * * * * *".to_string()))
    }

    fn uniq(&self) -> bool {
        true
    }
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "fang::serde")]
pub struct SyncFeed {
    pub number: u16,
}

#[typetag::serde]
impl Runnable for SyncFeed {
    fn run(&self, _queue: &dyn Queueable) -> Result<(), FangError> {
        note("synced")?;
        // Converts both errors without an error type of the application.
        let connection = &mut pool().get()?;
        sql_query("SELECT 1").execute(connection)?;
        SYNCED.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn task_type(&self) -> String {
        "sync".to_string()
    }

    fn uniq(&self) -> bool {
        true
    }

    fn max_retries(&self) -> i32 {
        0
    }

    fn backoff(&self, attempt: u32) -> u32 {
        u32::pow(2, attempt)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "fang::serde")]
pub struct Deliver {}

#[typetag::serde]
impl Runnable for Deliver {
    fn run(&self, _queue: &dyn Queueable) -> Result<(), FangError> {
        note("delivered")?;
        DELIVERED.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn task_type(&self) -> String {
        "deliver".to_string()
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::CronPattern("0/1 * * * * * *".to_string()))
    }

    fn uniq(&self) -> bool {
        true
    }
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "fang::serde")]
pub struct CleanUp {}

#[typetag::serde]
impl Runnable for CleanUp {
    fn run(&self, _queue: &dyn Queueable) -> Result<(), FangError> {
        CLEANED.fetch_add(1, Ordering::SeqCst);
        Err(FangError { description: "nothing to clean".to_string() })
    }

    fn task_type(&self) -> String {
        "clean_up".to_string()
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::CronPattern("0/1 * * * * * *".to_string()))
    }

    fn uniq(&self) -> bool {
        true
    }

    fn max_retries(&self) -> i32 {
        0
    }
}

fn start_workers(queue: &Queue, task_type: &str, number_of_workers: u32) {
    let sleep_params = SleepParams {
        sleep_period: Duration::from_millis(200),
        max_sleep_period: Duration::from_secs(2),
        min_sleep_period: Duration::from_millis(50),
        sleep_step: Duration::from_millis(50),
    };
    let mut worker_pool = WorkerPool::<Queue>::builder()
        .queue(queue.clone())
        .retention_mode(RetentionMode::RemoveAll)
        .number_of_workers(number_of_workers)
        .task_type(task_type.to_string())
        .sleep_params(sleep_params)
        .build();
    // The pool is dropped at the end of this function. Its threads go on.
    worker_pool.start().expect("failed to start the workers");
}

fn start_bot() -> Queue {
    let queue = Queue::builder().connection_pool(pool().clone()).build();
    queue.remove_tasks_of_type("sync").unwrap();
    queue.remove_all_tasks().unwrap();
    queue.schedule_task(&SyncAll {}).unwrap();
    queue.schedule_task(&Deliver {}).unwrap();
    queue.schedule_task(&CleanUp {}).unwrap();
    start_workers(&queue, "common", 1);
    start_workers(&queue, "sync", 3);
    start_workers(&queue, "deliver", 2);
    start_workers(&queue, "clean_up", 1);
    queue
}

fn database() -> TestDatabase {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(TestDatabase::create()).unwrap()
}

#[derive(Debug, PartialEq, QueryableByName)]
struct Failure {
    #[diesel(sql_type = Text)]
    error_message: String,
}

/// The errors of runs that failed, except for the one that always does.
fn failures(connection: &mut PgConnection) -> Vec<Failure> {
    let failed = "SELECT error_message FROM fang_tasks WHERE error_message <> 'nothing to clean'";
    sql_query(failed).load(connection).unwrap()
}

/// Turns GSSAPI off. The threads of the pools outlive `main` and reconnect after the database is dropped. libpq
/// then uses GSSAPI, whose library aborts if it is used while the process ends.
fn without_gssapi(uri: &str) -> String {
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}gssencmode=disable")
}

#[test]
fn an_application_written_for_0_11_works_unchanged() {
    let database = database();
    let mut connection = PgConnection::establish(database.uri()).unwrap();
    run_migrations_postgres(&mut connection).expect("failed to migrate");
    sql_query("CREATE TABLE notes (what text NOT NULL)").execute(&mut connection).unwrap();
    let manager = ConnectionManager::<PgConnection>::new(without_gssapi(database.uri()));
    POOL.set(Pool::builder().max_size(5).build(manager).unwrap()).unwrap();

    // A task that an earlier start has left.
    let before = Queue::builder().connection_pool(pool().clone()).build();
    let left: Task = before.insert_task(&SyncFeed { number: 9 }).unwrap();
    let queue = start_bot();
    assert_eq!(queue.find_task_by_id(left.id).unwrap(), None);

    let end = Instant::now() + Duration::from_secs(30);
    let counters = [&SYNCED, &DELIVERED, &CLEANED];
    while counters.iter().any(|counter| counter.load(Ordering::SeqCst) < 2) {
        assert!(Instant::now() < end, "{counters:?}");
        assert_eq!(failures(&mut connection), [], "runs failed");
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut removed: usize = queue.remove_all_scheduled_tasks().unwrap();
    removed += queue.remove_tasks_of_type("deliver").unwrap();
    removed += queue.remove_task_by_metadata(&CleanUp {}).unwrap();
    assert!(removed <= 6, "the next and the running task of each cron at most, not {removed}");
    assert_eq!(queue.remove_task(left.id).unwrap(), 0_usize);
}

/// These paths exist since fang 0.5.
#[test]
fn the_paths_of_earlier_versions_still_exist() {
    let _: Option<fang::blocking::queue::Queue> = None::<fang::Queue>;
    let _: Option<fang::blocking::worker_pool::WorkerPool<Queue>> = None::<fang::WorkerPool<Queue>>;
    let _: Option<&dyn fang::blocking::runnable::Runnable> = None::<&dyn fang::Runnable>;
    let _: Option<&dyn fang::blocking::queue::Queueable> = None::<&dyn fang::Queueable>;
    let _: fn(fang::blocking::queue::QueueError) -> FangError = FangError::from;
}
