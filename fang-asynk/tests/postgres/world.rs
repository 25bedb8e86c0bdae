//! A fresh database, a queue in it, and a task that tells when it runs.

use fang_asynk::{AsyncQueue, NoTls};
use fang_core::{AsyncQueueable, AsyncRunnable, FangError, SleepParams, async_trait, typetag};
use fang_test_support::TestDatabase;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio_postgres::Client;

pub type Queue = AsyncQueue<NoTls>;

/// Longer than anything takes that works.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct World {
    pub queue: Queue,
    pub client: Client,
    pub database: TestDatabase,
}

impl World {
    pub async fn new() -> Self {
        let world = Self::without_schema().await;
        world.queue.migrate().await.unwrap();
        world
    }

    pub async fn without_schema() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let client = database.client().await.unwrap();
        let queue = AsyncQueue::builder().uri(database.uri()).max_pool_size(4_u32).build();
        Self { queue, client, database }
    }

    /// One number that a query returns.
    pub async fn number(&self, sql: &str) -> i64 {
        self.client.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Waits until a pool that was declared dead knows it: it has beaten under another name.
    pub async fn goes_on_after(&self, worker: i64) {
        let beats = format!("SELECT count(*) FROM fang_workers WHERE id > {worker} AND beat_at > started_at");
        until(async || self.number(&beats).await > 0).await;
    }
}

/// A poll that takes part in no test: what runs was woken.
pub fn asleep() -> SleepParams {
    let hour = Duration::from_secs(3600);
    SleepParams { sleep_period: hour, max_sleep_period: hour, min_sleep_period: hour, sleep_step: hour }
}

/// Where a [`Say`] tells what it says.
#[derive(Clone)]
pub struct Ear(pub mpsc::UnboundedSender<String>);

/// What a [`Say`] that holds waits for.
#[derive(Clone)]
pub struct Hold(pub Arc<Semaphore>);

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
#[async_trait]
impl AsyncRunnable for Say {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        let context = queue.context();
        if let Some(ear) = context.state::<Ear>() {
            let _ = ear.0.send(self.text.clone());
        }
        if let Some(hold) = context.state::<Hold>().filter(|_| self.hold) {
            hold.0.acquire().await.unwrap().forget();
        }
        Ok(())
    }
}

pub fn ear() -> (Ear, mpsc::UnboundedReceiver<String>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Ear(sender), receiver)
}

pub async fn heard(ear: &mut mpsc::UnboundedReceiver<String>) -> String {
    tokio::time::timeout(PATIENCE, ear.recv()).await.expect("a task should run").unwrap()
}

/// Waits until a condition holds.
/// How often a test looks at the database for what no signal tells.
const LOOK_EVERY: Duration = Duration::from_millis(5);

pub async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let held = async {
        while !holds().await {
            // Whatever is waited for needs the processor as well.
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(PATIENCE, held).await.expect("it should come to that");
}
