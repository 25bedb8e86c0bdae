//! How a pool hears that a task which it runs was cancelled by another process.

use crate::world::{Hold, World, ear, heard, say, until};
use fang_blocking::{Lease, Queue, WorkerPool};
use fang_core::{FangError, FangTaskState, NewTask, Queueable, Runnable, SleepParams, typetag};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Looks whether it was cancelled, and nothing else.
#[derive(Serialize, Deserialize)]
struct Attentive;

#[typetag::serde]
impl Runnable for Attentive {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        queue.context().require_state::<Hold>()?.release(1);
        while !queue.context().is_cancelled() {
            std::thread::yield_now();
        }
        Err(FangError::new("half done"))
    }
}

/// Cancels a task that looks whether it was, and waits until it has failed.
fn cancel(listen: bool, lease: Lease) {
    let world = World::new();
    let queue =
        |listen| Queue::builder().uri(world.database.uri()).max_pool_size(1_u32).listen(listen).build();
    let began = Hold::default();
    let mut pool = WorkerPool::builder()
        .number_of_workers(1_u32)
        .queue(queue(listen))
        .lease(lease)
        .state(began.clone())
        .build();
    pool.start().unwrap();
    let task = world.queue.insert_task(&Attentive).unwrap();
    began.wait();
    assert!(queue(false).cancel_task(task.id).unwrap());
    let find = || world.queue.find_task_by_id(task.id).unwrap().unwrap();
    until(|| find().state == FangTaskState::Failed);
    assert_eq!(find().error_message.as_deref(), Some("cancelled"));
}

#[test]
fn a_pool_that_listens_hears_of_it_at_once() {
    // It does not beat while this lasts.
    cancel(true, Lease::new(Duration::from_secs(3600)));
}

#[test]
fn a_pool_that_does_not_listen_hears_of_it_with_its_next_beat() {
    cancel(false, Lease::new(Duration::from_secs(3)));
}

/// The poll takes no part.
#[test]
fn each_task_type_of_a_pool_that_sleeps_is_woken() {
    let world = World::new();
    let (sender, ear) = ear();
    let hour = Duration::from_secs(3600);
    let sleep =
        SleepParams { sleep_period: hour, max_sleep_period: hour, min_sleep_period: hour, sleep_step: hour };
    let mut pool = WorkerPool::builder()
        .number_of_workers(2_u32)
        .queue(world.queue.clone())
        .task_types([("mail", 1), ("sync", 1), ("feeds", 1)])
        .sleep_params(sleep)
        .state(sender)
        .build();
    pool.start().unwrap();
    for task_type in ["sync", "feeds", "mail", "sync"] {
        let task = NewTask::blocking(&say(task_type)).unwrap().task_type(task_type);
        world.queue.insert(task).unwrap();
        assert_eq!(heard(&ear), task_type);
        // Past the window in which announcements are held back.
        std::thread::sleep(Duration::from_millis(110));
    }
}
