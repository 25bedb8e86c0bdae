//! How a pool hears that a task which it runs was cancelled by another process.

use crate::seam::{Act, Both, HOUR, How, Mode, Options, World, holding, say};
use fang_asynk::Lease;
use fang_core::FangTaskState;
use std::time::Duration;

crate::each_mode! {
    a_pool_that_listens_hears_of_it_at_once,
    a_pool_that_does_not_listen_hears_of_it_with_its_next_beat,
    each_task_type_of_a_pool_that_sleeps_is_woken,
}

/// Cancels a task that runs, and waits until it has failed: one that waits and listens to nothing, or, on a thread, one that
/// looks whether it was cancelled, and nothing else.
async fn cancel(mode: Mode, listen: bool, lease: Lease) {
    let world = World::postgres(mode).await;
    let queue =
        |listen| mode.queue_with(world.uri(), &Options { max_pool_size: 1, listen, ..Options::default() });
    let pool = queue(listen).pool(1, &world.stage).lease(lease).cancel_grace(Duration::ZERO);
    let _pool = pool.start().await;
    let task: &dyn Both = match mode {
        Mode::Asynk => &holding("deaf"),
        Mode::Blocking => &Act::new("attentive", How::FailWhenCancelled),
    };
    let task = world.queue.insert_task(task).await.unwrap();
    world.heard().await;
    assert!(queue(false).cancel_task(task.id).await.unwrap());
    let row = world.row_in(&task, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("cancelled"));
}

async fn a_pool_that_listens_hears_of_it_at_once(mode: Mode) {
    // It does not beat while this lasts.
    cancel(mode, true, Lease::new(HOUR)).await;
}

async fn a_pool_that_does_not_listen_hears_of_it_with_its_next_beat(mode: Mode) {
    cancel(mode, false, Lease::new(Duration::from_secs(1))).await;
}

/// The poll takes no part.
async fn each_task_type_of_a_pool_that_sleeps_is_woken(mode: Mode) {
    let world = World::postgres(mode).await;
    let _pool = world.pool(2).task_types(&[("mail", 1), ("sync", 1), ("feeds", 1)]).asleep().start().await;
    for task_type in ["sync", "feeds", "mail", "sync"] {
        let task = world.new_task(&say(task_type)).task_type(task_type);
        world.queue.insert(task).await.unwrap();
        assert_eq!(world.heard().await, task_type);
        world.quiet().await;
    }
}
