//! How a pool hears that a task which it runs was cancelled by another process.

use crate::world::{Hold, Queue, World, asleep, ear, heard, say, until};
use fang_asynk::{AsyncQueue, AsyncWorkerPool, Lease};
use fang_core::{AsyncQueueable, FangTaskState, NewTask};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Cancels a task that waits, and listens to nothing, and waits until it has failed.
async fn cancel(listen: bool, lease: Lease) {
    let world = World::new().await;
    let queue = |listen| -> Queue {
        AsyncQueue::builder().uri(world.database.uri()).max_pool_size(1_u32).listen(listen).build()
    };
    let (sender, mut ear) = ear();
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(1_u32)
        .queue(queue(listen))
        .lease(lease)
        .cancel_grace(Duration::ZERO)
        .state(sender)
        .state(Hold(Arc::new(Semaphore::new(0))))
        .build();
    pool.start().await.unwrap();
    let mut held = say("held");
    held.hold = true;
    let task = world.queue.insert_task(&held).await.unwrap();
    heard(&mut ear).await;
    assert!(queue(false).cancel_task(task.id).await.unwrap());
    let find = async || world.queue.find_task_by_id(task.id).await.unwrap().unwrap();
    until(async || find().await.state == FangTaskState::Failed).await;
    assert_eq!(find().await.error_message.as_deref(), Some("cancelled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_listens_hears_of_it_at_once() {
    // It does not beat while this lasts.
    cancel(true, Lease::new(Duration::from_secs(3600))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_does_not_listen_hears_of_it_with_its_next_beat() {
    cancel(false, Lease::new(Duration::from_secs(3))).await;
}

/// The poll takes no part.
#[tokio::test]
async fn each_task_type_of_a_pool_that_sleeps_is_woken() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(2_u32)
        .queue(world.queue.clone())
        .task_types([("mail", 1), ("sync", 1), ("feeds", 1)])
        .sleep_params(asleep())
        .state(sender)
        .build();
    pool.start().await.unwrap();
    for task_type in ["sync", "feeds", "mail", "sync"] {
        let task = NewTask::asynk(&say(task_type)).unwrap().task_type(task_type);
        world.queue.insert(task).await.unwrap();
        assert_eq!(heard(&mut ear).await, task_type);
        // Past the window in which announcements are held back.
        tokio::time::sleep(Duration::from_millis(110)).await;
    }
}
