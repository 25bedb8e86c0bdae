//! Tasks that another process cancels while a pool runs them.

use crate::seam::{Act, Both, HOUR, How, Mode, Options, World, holding, say};
use fang_asynk::Lease;
use fang_core::FangTaskState;
use std::time::Duration;

crate::each_mode! {
    a_pool_that_listens_learns_of_a_cancellation_at_once,
    a_pool_that_does_not_listen_learns_of_a_cancellation_with_its_next_beat,
    a_notification_wakes_a_pool_for_each_of_its_task_types,
}

/// Cancels a running task and waits until it has failed. In the async mode the task ignores cancellation, in the
/// blocking mode it polls `is_cancelled`.
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

async fn a_pool_that_listens_learns_of_a_cancellation_at_once(mode: Mode) {
    // The pool does not beat during this test.
    cancel(mode, true, Lease::new(HOUR)).await;
}

async fn a_pool_that_does_not_listen_learns_of_a_cancellation_with_its_next_beat(mode: Mode) {
    cancel(mode, false, Lease::new(Duration::from_secs(1))).await;
}

/// The pool does not poll.
async fn a_notification_wakes_a_pool_for_each_of_its_task_types(mode: Mode) {
    let world = World::postgres(mode).await;
    let _pool = world.pool(2).task_types(&[("mail", 1), ("sync", 1), ("feeds", 1)]).asleep().start().await;
    for task_type in ["sync", "feeds", "mail", "sync"] {
        let task = world.new_task(&say(task_type)).task_type(task_type);
        world.queue.insert(task).await.unwrap();
        assert_eq!(world.heard().await, task_type);
        world.quiet().await;
    }
}
