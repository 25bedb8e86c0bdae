//! The calls of a queue of either mode.

use super::queue::by_mode;
use super::{Both, Queue};
use fang_core::new_task::Due;
use fang_core::store::{Count, Depth, FailedTasks, Filter, Inserted};
use fang_core::{AsyncQueueable, Context, NewTask, Priority, QueueError, Queueable, Task};
use uuid::Uuid;

macro_rules! verbs {
    ($($verb:ident($($arg:ident: $type:ty),*) -> $answer:ty;)+) => {
        impl Queue {
            $(
                pub async fn $verb(&self, $($arg: $type),*) -> Result<$answer, QueueError> {
                    by_mode!(self, queue, queue.$verb($($arg),*).await, queue.$verb($($arg),*))
                }
            )+
        }
    };
}

verbs! {
    insert_task(task: &dyn Both) -> Task;
    insert(task: NewTask) -> Task;
    insert_tasks(tasks: Vec<NewTask>) -> Vec<Inserted>;
    schedule_task(task: &dyn Both) -> Task;
    find_task_by_id(id: Uuid) -> Option<Task>;
    cancel_task(id: Uuid) -> bool;
    retry_task(id: Uuid) -> bool;
    retry_failed(which: &FailedTasks) -> u64;
    reschedule_task(id: Uuid, due: Due) -> bool;
    set_priority(id: Uuid, priority: Priority) -> bool;
    pause(task_type: &str) -> bool;
    resume(task_type: &str) -> bool;
    list_tasks(filter: &Filter) -> Vec<Task>;
    count_tasks() -> Vec<Count>;
    depth(task_type: &str) -> Depth;
    depths() -> Vec<Depth>;
}

/// The removals count in `u64` in one mode and in `usize` in the other.
macro_rules! removals {
    ($($verb:ident / $blocking:ident($($arg:ident: $type:ty),*);)+) => {
        impl Queue {
            $(
                pub async fn $blocking(&self, $($arg: $type),*) -> Result<u64, QueueError> {
                    by_mode!(
                        self,
                        queue,
                        queue.$verb($($arg),*).await,
                        queue.$blocking($($arg),*).map(|removed| removed as u64)
                    )
                }
            )+
        }
    };
}

removals! {
    remove_all_tasks / remove_all_tasks();
    remove_task / remove_task(id: Uuid);
    remove_task_by_metadata / remove_task_by_metadata(task: &dyn Both);
    remove_tasks_type / remove_tasks_of_type(task_type: &str);
}

impl Queue {
    /// The context of the queue itself, outside of a run.
    pub fn context(&self) -> Context {
        by_mode!(self, queue, queue.context().clone(), queue.context().clone())
    }
}

/// Inserts with the builder of an insert: `inserts!(queue, &task, .priority(priority))`.
macro_rules! inserts {
    ($queue:expr, $task:expr, $($more:tt)*) => {
        crate::seam::by_mode!(
            &$queue,
            queue,
            fang_core::AsyncQueueable::light(queue, $task)$($more)*.insert().await,
            fang_core::Queueable::heavy(queue, $task)$($more)*.insert()
        )
    };
}

pub(crate) use inserts;
