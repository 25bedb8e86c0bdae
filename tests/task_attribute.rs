//! Tasks that are functions, as users write them: in both modes, in memory and in Postgres.

#![cfg(all(feature = "asynk", feature = "blocking"))]
// Tests report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

/// Makes a module for each mode of what the macro has: tasks and tests, with the words that differ between the modes.
macro_rules! in_both_modes {
    ($body:ident) => {
        mod asynk {
            #[allow(unused_imports)]
            use fang::{
                AsyncBackend as Backend, AsyncQueueable, AsyncRunnable as Runnable, AsyncWorkerPool as WorkerPool,
            };
            $body!([async] [.await] insert asynk AsyncQueueable);
        }

        mod blocking {
            #[allow(unused_imports)]
            use fang::{Backend, Queueable, Runnable, WorkerPool};
            $body!([] [] blocking_insert blocking Queueable);
        }
    };
}

/// Makes tests of scenarios, over each store.
macro_rules! over_each_store {
    ($mode:ident: $($name:ident),+ $(,)?) => {
        mod memory {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(fang::$mode::MemoryQueue::new()).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let world = crate::Postgres::new().await;
                    super::$name(world.$mode.clone()).await;
                }
            )+
        }
    };
}

#[path = "task_attribute/forms.rs"]
mod forms;
#[path = "task_attribute/options.rs"]
mod options;
#[path = "task_attribute/panics.rs"]
mod panics;
#[path = "task_attribute/runs.rs"]
mod runs;
#[path = "task_attribute/states.rs"]
mod states;
#[path = "task_attribute/structs.rs"]
mod structs;

use fang::{AsyncQueue, FangTaskState, NoTls, Queue};
use fang_test_support::TestDatabase;
use std::time::Duration;
use tokio::sync::mpsc;

/// Longer than any step takes in a test that passes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where tasks tell what they do.
struct Told(mpsc::UnboundedSender<String>);

/// What tasks have told.
struct Heard(mpsc::UnboundedReceiver<String>);

fn telephone() -> (Told, Heard) {
    let (told, heard) = mpsc::unbounded_channel();
    (Told(told), Heard(heard))
}

impl Told {
    fn tell(&self, what: impl Into<String>) {
        let _ = self.0.send(what.into());
    }
}

impl Heard {
    async fn next(&mut self) -> String {
        tokio::time::timeout(PATIENCE, self.0.recv()).await.expect("a task should run").unwrap()
    }
}

/// A database with tables, and a queue of each mode over it.
struct Postgres {
    #[expect(dead_code, reason = "it is dropped at the end")]
    database: TestDatabase,
    asynk: AsyncQueue<NoTls>,
    blocking: Queue,
}

impl Postgres {
    async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let asynk = AsyncQueue::builder().uri(database.uri()).max_pool_size(2_u32).build();
        asynk.migrate().await.unwrap();
        let blocking = Queue::builder().uri(database.uri()).max_pool_size(2_u32).build();
        Self { database, asynk, blocking }
    }
}

/// Whether a task has ended for good.
fn has_failed(task: &fang::Task) -> bool {
    task.state == FangTaskState::Failed
}
