//! Inserts within transactions of sqlx.

#![cfg(feature = "sqlx")]
// Tests report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang_asynk::{AsyncQueue, AsyncWorkerPool, NoTls};
use fang_core::store::InsertOutcome;
use fang_core::{
    AsyncQueueable, AsyncRunnable, FangError, NewTask, QueueError, Replace, SleepParams, Unique, async_trait,
    typetag,
};
use fang_test_support::TestDatabase;
use serde::{Deserialize, Serialize};
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_postgres::Client;

const PATIENCE: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(3600);

struct World {
    queue: AsyncQueue<NoTls>,
    client: Client,
    database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let queue: AsyncQueue<NoTls> = AsyncQueue::builder().uri(database.uri()).max_pool_size(4_u32).build();
        queue.migrate().await.unwrap();
        Self { queue, client: database.client().await.unwrap(), database }
    }
}

#[derive(Clone)]
struct Ear(mpsc::UnboundedSender<String>);

/// Sends its text to the test.
#[derive(Serialize, Deserialize)]
struct Say {
    text: String,
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Say {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        let _ = queue.context().require_state::<Ear>()?.0.send(self.text.clone());
        Ok(())
    }
}

async fn connect(world: &World) -> PgConnection {
    PgConnection::connect(world.database.uri()).await.unwrap()
}

fn task(text: &str) -> NewTask {
    NewTask::asynk(&Say { text: text.to_owned() }).unwrap()
}

#[tokio::test]
async fn a_task_inserted_in_a_transaction_of_sqlx_runs_at_once_after_the_commit_and_never_without_it() {
    let world = World::new().await;
    let (sender, mut ear) = mpsc::unbounded_channel();
    // The pool never polls, so a task runs only if a notification arrives.
    let sleep =
        SleepParams { sleep_period: HOUR, max_sleep_period: HOUR, min_sleep_period: HOUR, sleep_step: HOUR };
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(1_u32)
        .queue(world.queue.clone())
        .sleep_params(sleep)
        .state(Ear(sender))
        .build();
    pool.start().await.unwrap();
    let mut connection = connect(&world).await;

    let mut transaction = connection.begin().await.unwrap();
    world.queue.insert_tasks_in_sqlx(&mut transaction, vec![task("never")]).await.unwrap();
    transaction.rollback().await.unwrap();

    let mut transaction = connection.begin().await.unwrap();
    let inserted =
        world.queue.insert_tasks_in_sqlx(&mut transaction, vec![task("seen").tag("a")]).await.unwrap();
    assert_eq!(world.queue.find_task_by_id(inserted[0].id).await.unwrap(), None, "not before the commit");
    transaction.commit().await.unwrap();

    let heard = tokio::time::timeout(PATIENCE, ear.recv()).await.expect("a task should run");
    assert_eq!(heard.as_deref(), Some("seen"));
    pool.shutdown(PATIENCE).await;
    assert!(ear.try_recv().is_err());
}

#[tokio::test]
async fn every_form_of_uniqueness_works_in_a_transaction_of_sqlx() {
    let world = World::new().await;
    let mut connection = connect(&world).await;
    let first = world.queue.insert(task("only").unique_by(Unique::key("k"))).await.unwrap();
    world.client.batch_execute("UPDATE fang_tasks SET scheduled_at = 'infinity'").await.unwrap();

    let mut transaction = connection.begin().await.unwrap();
    let period = Unique::key("p").within(Duration::from_secs(60));
    let tasks = vec![
        task("only").unique_by(Unique::key("k")),
        task("other").unique_by(period.clone()),
        task("another").unique_by(period),
        task("only").unique_by(Unique::key("k").replace(Replace::TIME)),
    ];
    let inserted = world.queue.insert_tasks_in_sqlx(&mut transaction, tasks).await.unwrap();
    let strict = task("only").unique_by(Unique::key("k").or_error());
    let refused =
        world.queue.insert_tasks_in_sqlx(&mut transaction, vec![task("with it"), strict]).await.unwrap_err();
    transaction.commit().await.unwrap();

    let outcomes: Vec<_> = inserted.iter().map(|inserted| inserted.outcome).collect();
    use InsertOutcome::{Kept, New, Replaced};
    assert_eq!(outcomes, [Kept, New, Kept, Replaced]);
    assert_eq!((inserted[0].id, inserted[2].id, inserted[3].id), (first.id, inserted[1].id, first.id));
    assert!(matches!(refused, QueueError::NotUnique { id } if id == first.id), "{refused}");
    let tasks = world.client.query_one("SELECT count(*) FROM fang_tasks", &[]).await.unwrap();
    assert_eq!(tasks.get::<_, i64>(0), 2, "the transaction went on after the error");
}

#[tokio::test]
async fn an_error_of_the_server_over_sqlx_quotes_no_row() {
    let world = World::new().await;
    let mut connection = connect(&world).await;
    let payload = r#"{"type":"Say","text":"hunter2"}"#;
    let secret = NewTask::new(payload.to_owned(), "common".into(), fang_core::Mode::Asynk);
    world
        .client
        .batch_execute("ALTER TABLE fang_tasks ADD CHECK (metadata->>'type' <> 'Say')")
        .await
        .unwrap();
    let error = world.queue.insert_tasks_in_sqlx(&mut connection, vec![secret]).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("SQLSTATE 23514") && !shown.contains("hunter2"), "{shown}");
}
