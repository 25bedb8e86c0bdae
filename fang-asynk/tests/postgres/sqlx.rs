use crate::world::{PATIENCE, World, asleep, ear, heard, say};
use fang_asynk::AsyncWorkerPool;
use fang_core::store::InsertOutcome;
use fang_core::{AsyncQueueable, NewTask, QueueError, Replace, Unique};
use sqlx::{Connection, PgConnection};
use std::time::Duration;

async fn connect(world: &World) -> PgConnection {
    PgConnection::connect(world.database.uri()).await.unwrap()
}

fn task(text: &str) -> NewTask {
    NewTask::asynk(&say(text)).unwrap()
}

#[tokio::test]
async fn a_task_inserted_in_a_transaction_of_sqlx_wakes_a_pool_by_its_commit_and_never_runs_without() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(1_u32)
        .queue(world.queue.clone())
        .sleep_params(asleep())
        .state(sender)
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

    assert_eq!(heard(&mut ear).await, "seen");
    pool.shutdown(PATIENCE).await;
    assert!(ear.try_recv().is_err());
}

#[tokio::test]
async fn uniqueness_holds_in_a_transaction_of_sqlx_in_all_its_forms() {
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
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 2, "the transaction stood");
}

#[tokio::test]
async fn what_the_server_says_to_sqlx_quotes_no_row() {
    let world = World::new().await;
    let mut connection = connect(&world).await;
    let deep = format!(r#"{{"type":"Say","text":{}1{}}}"#, "[".repeat(9000), "]".repeat(9000));
    let secret = NewTask::new(deep.replace('1', r#""hunter2""#), "common".into(), fang_core::Mode::Asynk);
    world
        .client
        .batch_execute("ALTER TABLE fang_tasks ADD CHECK (metadata->>'type' <> 'Say')")
        .await
        .unwrap();
    let error = world.queue.insert_tasks_in_sqlx(&mut connection, vec![secret]).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("SQLSTATE 23514") && !shown.contains("hunter2"), "{shown}");
}
