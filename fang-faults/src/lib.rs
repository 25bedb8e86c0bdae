//! Crash tests for programs that use [fang](https://docs.rs/fang): they kill your workers again and again, and report
//! which tasks were lost and which ran twice.
//!
//! A [`Campaign`] starts several processes of your worker. It kills them at random times while your closure inserts
//! tasks, and starts others in their place. At the end it waits until the tasks are over. A [`Ledger`] outside of
//! Postgres records which inserts were acknowledged and which tasks ran. The [`Report`] compares the ledger with the
//! table.
//!
//! ```no_run
//! use fang::{Queue, Queueable};
//! use fang_faults::Campaign;
//!
//! #[fang::task]
//! fn welcome(user: i64) {}
//!
//! // As a test: #[test] fn killed_workers_lose_nothing()
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let uri = "postgres://app:secret@localhost/app_test";
//!     let queue = Queue::builder().uri(uri).build();
//!     queue.migrate()?;
//!     let worker = "target/debug/worker"; // in a test: env!("CARGO_BIN_EXE_worker")
//!     let report = Campaign::new(worker).env("DATABASE_URL", uri).times(100).run_blocking(&queue, |ledger| {
//!         Ok(ledger.acknowledged([queue.insert(welcome(7))?])?)
//!     })?;
//!     println!("{report}");
//!     report.assert_nothing_lost();
//!     Ok(())
//! }
//! ```
//!
//! The worker is your own program. Each of its pools needs one more line:
//! `.middleware(fang_faults::Ledger::from_env())`. [`Ledger`] has an example. An async test calls
//! [`run_async`](Campaign::run_async).
//!
//! The page [crash tests](https://docs.rs/fang/latest/fang/guide/crash_tests/index.html) of fang's guide explains how
//! to choose the faults and how to read the report.
//!
//! For tests that need more, the parts can be used alone: [`Process`] to kill and pause, [`Proxy`](proxy::Proxy) to
//! break the network, [`Book`] and [`check`](fn@check) to judge a ledger.
//!
//! This crate is for Unix, because it sends signals. On other systems it is empty.

#![cfg(unix)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// A panic is how a test reports.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod book;
mod campaign;
mod check;
pub mod clock;
mod error;
mod fault;
mod ledger;
mod process;
pub mod proxy;
mod report;
#[doc(hidden)]
pub mod uri;

pub use book::{Book, Entry, Fate, Run};
pub use campaign::Campaign;
pub use check::{Blow, Cause, Findings, Overlap, Repeat, Strike, check};
pub use error::{BoxError, FaultsError};
pub use fault::Fault;
pub use ledger::{Ledger, Outcome, Saved};
pub use process::Process;
pub use report::{Lost, Report, Seen};
