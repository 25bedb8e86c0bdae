//! A bot as it was written for the blocking mode of fang 0.11. It reads feeds and keeps them in a table of its own.

use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use fang::queue::{Queue, QueueError, Queueable};
use fang::runnable::Runnable;
use fang::serde::{Deserialize, Serialize};
use fang::worker_pool::WorkerPool;
use fang::{
    chrono, run_migrations_postgres, typetag, DateTime, FangError, PgConnection, RetentionMode, Scheduled,
    SleepParams, Task, ToFangError, Utc,
};
use std::time::Duration;
use uuid::Uuid;

diesel::table! {
    feeds (id) {
        id -> Uuid,
        link -> Text,
        settings -> Jsonb,
        synced_at -> Nullable<Timestamptz>,
        created_at -> Timestamp,
    }
}

#[derive(Debug, Insertable, Queryable)]
#[diesel(table_name = feeds)]
struct Feed {
    id: Uuid,
    link: String,
    settings: serde_json::Value,
    synced_at: Option<DateTime<Utc>>,
    created_at: chrono::NaiveDateTime,
}

impl Feed {
    fn new(link: &str) -> Self {
        let settings = serde_json::json!({ "every": 60 });
        let created_at = Utc::now().naive_utc();
        Feed { id: Uuid::new_v4(), link: link.to_string(), settings, synced_at: None, created_at }
    }
}

#[derive(Debug, ToFangError)]
enum BotError {
    Database(#[allow(dead_code)] diesel::result::Error),
    Connection(#[allow(dead_code)] diesel::ConnectionError),
}

impl From<diesel::result::Error> for BotError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

impl From<diesel::ConnectionError> for BotError {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::Connection(error)
    }
}

fn uri() -> String {
    std::env::var("DATABASE_URL").unwrap_or_else(|_| "postgres://localhost/bot".to_string())
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "fang::serde")]
struct SyncFeed {
    id: String,
}

#[typetag::serde]
impl Runnable for SyncFeed {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        let id = Uuid::parse_str(&self.id).map_err(|error| FangError { description: error.to_string() })?;
        self.mark(id)?;
        queue.insert_task(&Notify { id: id.to_string() })?;
        Ok(())
    }

    fn task_type(&self) -> String {
        "sync".to_string()
    }

    fn uniq(&self) -> bool {
        true
    }
}

impl SyncFeed {
    fn mark(&self, id: Uuid) -> Result<usize, BotError> {
        let mut connection = PgConnection::establish(&uri())?;
        let feed = feeds::table.find(id);
        Ok(diesel::update(feed).set(feeds::synced_at.eq(Utc::now())).execute(&mut connection)?)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "fang::serde")]
struct Notify {
    id: String,
}

#[typetag::serde]
impl Runnable for Notify {
    fn run(&self, _queue: &dyn Queueable) -> Result<(), FangError> {
        println!("feed {} is synced", self.id);
        Ok(())
    }

    fn max_retries(&self) -> i32 {
        2
    }

    fn backoff(&self, attempt: u32) -> u32 {
        u32::pow(2, attempt)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "fang::serde")]
struct CleanUp {}

#[typetag::serde]
impl Runnable for CleanUp {
    fn run(&self, _queue: &dyn Queueable) -> Result<(), FangError> {
        let mut connection = PgConnection::establish(&uri()).map_err(BotError::from)?;
        let old = Utc::now() - chrono::Duration::days(30);
        diesel::delete(feeds::table.filter(feeds::synced_at.lt(old))).execute(&mut connection)?;
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::CronPattern("0 0 */6 * * * *".to_string()))
    }
}

fn add_feed(connection: &mut PgConnection, queue: &Queue, link: &str) -> Result<Task, QueueError> {
    let feed: Feed =
        diesel::insert_into(feeds::table).values(Feed::new(link)).get_result(connection).expect("no feed was saved");
    println!("{} since {}, synced {:?}, {}", feed.link, feed.created_at, feed.synced_at, feed.settings);
    queue.insert_task(&SyncFeed { id: feed.id.to_string() })
}

fn main() {
    let pool = Pool::builder().max_size(5).build(ConnectionManager::<PgConnection>::new(uri())).expect("no pool");
    let mut connection = pool.get().expect("no connection");
    run_migrations_postgres(&mut connection).expect("failed to migrate");
    let queue = Queue::builder().connection_pool(pool).build();

    let removed: usize = queue.remove_tasks_of_type("sync").expect("failed to remove");
    let old: usize = queue.remove_all_scheduled_tasks().expect("failed to remove");
    println!("removed {} tasks", removed + old);
    add_feed(&mut connection, &queue, "https://example.org/feed").expect("failed to insert");
    queue.schedule_task(&CleanUp {}).expect("failed to schedule");

    let mut workers = WorkerPool::<Queue>::builder()
        .queue(queue)
        .retention_mode(RetentionMode::RemoveAll)
        .number_of_workers(3_u32)
        .task_type("sync".to_string())
        .sleep_params(SleepParams {
            sleep_period: Duration::from_secs(5),
            max_sleep_period: Duration::from_secs(15),
            min_sleep_period: Duration::from_secs(5),
            sleep_step: Duration::from_secs(5),
        })
        .build();
    workers.start().expect("failed to start");
    std::thread::park();
}
