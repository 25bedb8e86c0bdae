use crate::world::{PATIENCE, Queue, World, ear, heard, say};
use fang_asynk::{AsyncQueue, AsyncWorkerPool};
use fang_core::{AsyncQueueable, NewTask, QueueError, StoreError};

#[tokio::test]
async fn a_queue_lives_in_the_schema_it_is_given_whatever_its_name() {
    let world = World::without_schema().await;
    for name in ["fang_own", "it's \"odd\""] {
        let queue: Queue =
            AsyncQueue::builder().uri(world.database.uri()).max_pool_size(2_u32).schema(name).build();
        assert!(queue.migrate().await.unwrap() > 0);
        let (sender, mut ear) = ear();
        let mut pool =
            AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).state(sender).build();
        pool.start().await.unwrap();
        queue.insert_task(&say(name)).await.unwrap();
        assert_eq!(heard(&mut ear).await, name);
        pool.shutdown(PATIENCE).await;
        // So many go another way.
        queue.insert_tasks(vec![NewTask::asynk(&say("many")).unwrap(); 500]).await.unwrap();
        assert_eq!(queue.count_tasks().await.unwrap()[0].tasks, 500);
        let elsewhere = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relname LIKE 'fang%'";
        assert_eq!(world.number(elsewhere).await, 0);
    }
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let world = World::without_schema().await;
    let queue: Queue =
        AsyncQueue::builder().uri(world.database.uri()).max_pool_size(1_u32).schema("a\nb").build();
    let error = queue.migrate().await.unwrap_err();
    assert!(matches!(error, QueueError::Store(StoreError::Schema { .. })), "{error:?}");
}
