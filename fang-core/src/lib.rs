//! The pure part of [fang](https://docs.rs/fang): types, traits, decisions and the in-memory store. It has no
//! clock, no I/O and no threads; the runtimes in `fang-asynk` and `fang-blocking` provide those. Applications
//! use the crate `fang`. This crate is for the authors of stores and runtimes.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod backoff;
#[doc(hidden)]
pub mod connections;
pub mod context;
#[cfg(feature = "contract")]
pub mod contract;
pub mod declaration;
pub mod error;
pub mod failure;
pub mod function;
pub mod halving;
pub mod insert;
pub mod kind;
pub mod lists;
pub mod memory;
pub mod middleware;
pub mod new_task;
pub mod notify;
#[doc(hidden)]
pub mod operator;
pub mod options;
mod payload;
pub mod perform;
pub mod queueable;
pub mod redacted;
pub mod retention;
pub mod run;
pub mod runnable;
pub mod scan;
pub mod schedule;
mod scrub;
pub mod sleep_params;
pub mod state;
pub mod store;
pub mod task;
pub mod unique;
pub mod version;

#[doc(no_inline)]
pub use async_trait::async_trait;
pub use backoff::Backoff;
pub use context::Context;
pub use declaration::Declared;
pub use error::{FangError, PayloadError, QueueError, ScheduleError, StoreError};
pub use failure::Failure;
pub use insert::{AsyncInsert, Insert};
#[doc(hidden)]
pub use inventory;
pub use new_task::NewTask;
pub use perform::{Perform, PerformBlocking};
pub use queueable::{AsyncQueueable, Queueable};
pub use redacted::Redacted;
pub use retention::RetentionMode;
pub use run::Run;
pub use runnable::{AsyncRunnable, Runnable};
pub use schedule::{Cron, Missed, Scheduled};
pub use sleep_params::SleepParams;
pub use state::State;
pub use task::{FangTaskState, Mode, Priority, Task};
#[doc(no_inline)]
pub use typetag;
pub use unique::{Replace, Unique};
