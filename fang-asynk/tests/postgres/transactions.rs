use crate::world::{PATIENCE, Queue, World, asleep, ear, heard, say};
use fang_asynk::{AsyncQueue, AsyncWorkerPool};
use fang_core::{AsyncQueueable, NewTask};
use std::future::poll_fn;
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client, NoTls, Notification};

#[tokio::test]
async fn a_task_inserted_in_a_transaction_runs_once_that_commits_and_never_if_it_does_not() {
    let mut world = World::new().await;
    let (sender, mut ear) = ear();
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(1_u32)
        .queue(world.queue.clone())
        .sleep_params(asleep())
        .state(sender)
        .build();
    pool.start().await.unwrap();
    let mut client = world.database.client().await.unwrap();
    for (text, commits) in [("never", false), ("seen", true)] {
        let transaction = client.transaction().await.unwrap();
        let task = NewTask::asynk(&say(text)).unwrap();
        let inserted = world.queue.insert_tasks_in(&transaction, vec![task]).await.unwrap();
        assert!(inserted[0].is_new);
        let visible = world.queue.find_task_by_id(inserted[0].id).await.unwrap();
        assert_eq!(visible, None, "nobody sees it before the commit");
        match commits {
            true => transaction.commit().await.unwrap(),
            false => transaction.rollback().await.unwrap(),
        }
        tokio::time::sleep(std::time::Duration::from_millis(120)).await;
    }
    assert_eq!(heard(&mut ear).await, "seen");
    pool.shutdown(PATIENCE).await;
    assert!(ear.try_recv().is_err());
    world.client = client;
}

#[tokio::test]
async fn a_unique_task_in_a_transaction_finds_the_one_that_is_alive() {
    let world = World::new().await;
    let mut client = world.database.client().await.unwrap();
    let unique = || NewTask::asynk(&say("only")).unwrap().unique().unwrap();
    let first = world.queue.insert(unique()).await.unwrap();
    let transaction = client.transaction().await.unwrap();
    let tasks = vec![unique(), NewTask::asynk(&say("another")).unwrap(), unique()];
    let inserted = world.queue.insert_tasks_in(&transaction, tasks).await.unwrap();
    transaction.commit().await.unwrap();
    let answers: Vec<_> = inserted.iter().map(|answer| (answer.is_new, answer.id == first.id)).collect();
    assert_eq!(answers, [(false, true), (true, false), (false, true)]);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 2);
}

/// What the server tells whoever listens, in order.
async fn listen(world: &World) -> (Client, mpsc::UnboundedReceiver<Notification>) {
    let (client, mut connection) = tokio_postgres::connect(world.database.uri(), NoTls).await.unwrap();
    let (sender, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            if let Ok(AsyncMessage::Notification(notification)) = message {
                let _ = sender.send(notification);
            }
        }
    });
    client.batch_execute("LISTEN fang").await.unwrap();
    (client, heard)
}

#[tokio::test]
async fn inserts_announce_themselves_unless_the_queue_is_told_not_to() {
    let mut world = World::new().await;
    let (listener, mut heard) = listen(&world).await;
    for notify in [false, true] {
        let queue: Queue = AsyncQueue::builder().uri(world.database.uri()).notify(notify).build();
        queue.insert_task(&say("one")).await.unwrap();
        queue.insert_tasks(vec![NewTask::asynk(&say("many")).unwrap(); 300]).await.unwrap();
        let transaction = world.client.transaction().await.unwrap();
        queue.insert_tasks_in(&transaction, vec![NewTask::asynk(&say("within")).unwrap()]).await.unwrap();
        transaction.commit().await.unwrap();
        // What was sent comes before the answer.
        listener.batch_execute("SELECT 1").await.unwrap();
        let expected = if notify { 3 } else { 0 };
        assert_eq!(std::iter::from_fn(|| heard.try_recv().ok()).count(), expected, "{notify}");
    }
}
