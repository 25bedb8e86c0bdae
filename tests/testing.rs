//! What tests of programs use, as those tests use it: in both modes, in memory and in Postgres.

#![cfg(all(feature = "asynk", feature = "blocking", feature = "testing"))]
// Tests report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Most tasks are only inserted.
#![allow(unused_variables)]

/// Makes a module for each mode of what the macro has: tasks and scenarios, with the words that differ between the modes.
macro_rules! in_both_modes {
    ($body:ident) => {
        mod asynk {
            #[allow(unused_imports)]
            use fang::{AsyncBackend as Backend, AsyncQueueable as _};
            $body!([async] [.await] [.await] insert);
        }

        mod blocking {
            #[allow(unused_imports)]
            use fang::{Backend, Queueable as _};
            $body!([] [] [.run()] blocking_insert);
        }
    };
}

/// Makes tests of scenarios, over each store.
macro_rules! over_each_store {
    (async: $($name:ident),+ $(,)?) => {
        mod memory {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(fang::MemoryQueue::new()).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $name() {
                    let db = fang::testing::TestSchema::at(crate::server()).await;
                    super::$name(db.queue()).await;
                }
            )+
        }
    };
    (: $($name:ident),+ $(,)?) => {
        mod memory {
            $(
                #[test]
                fn $name() {
                    super::$name(fang::blocking::MemoryQueue::new());
                }
            )+
        }

        mod postgres {
            $(
                #[test]
                fn $name() {
                    let db = fang::testing::TestSchema::at_blocking(crate::server());
                    super::$name(db.queue_blocking());
                }
            )+
        }
    };
}

#[path = "testing/asserts.rs"]
mod asserts;
#[path = "testing/clocks.rs"]
mod clocks;
#[path = "testing/drains.rs"]
mod drains;
#[path = "testing/messages.rs"]
mod messages;
#[path = "testing/performs.rs"]
mod performs;
#[path = "testing/schemas.rs"]
mod schemas;
#[path = "testing/transactions.rs"]
mod transactions;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(60 * 60);

#[fang::task]
async fn welcome(user: i64) {}

#[fang::task]
fn resize(picture: i64) {}

/// The server of the tests.
fn server() -> String {
    fang_test_support::server_uri().unwrap()
}

/// A task for the mode that it is not of.
fn other_mode(task: impl Into<fang::NewTask>) -> fang::NewTask {
    let task = task.into();
    let other = if task.row().mode == fang::Mode::Asynk { fang::Mode::Blocking } else { fang::Mode::Asynk };
    task.mode(other)
}

/// The message of a panic.
fn message(panic: &(dyn Any + Send)) -> String {
    panic.downcast_ref::<String>().expect("a panic with a text").clone()
}

/// The message with which this fails.
fn failure<T>(test: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(test)) else { panic!("it should fail") };
    message(&*panic)
}

/// The message with which this future fails.
async fn failure_of<T: Send + 'static>(test: impl Future<Output = T> + Send + 'static) -> String {
    let Err(error) = tokio::spawn(test).await else { panic!("it should fail") };
    message(&*error.into_panic())
}
