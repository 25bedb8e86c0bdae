//! A dashboard in the browser: what waits, runs and fails, and the actions of an operator. For programs that use
//! [fang](https://docs.rs/fang).
//!
//! [`Dashboard`] makes a [`Router`](axum::Router) of [axum](https://docs.rs/axum), which you may nest under any path.
//! Only viewers with a token see its pages, or those whom a check of the application lets in.
//!
//! ```
//! use fang::{AsyncBackend, MemoryQueue};
//! use fang_web::Dashboard;
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let queue = MemoryQueue::new();
//! let dashboard = Dashboard::with_token(queue.admin()?, "a long secret of 16 bytes or more")?
//!     .hosts(["jobs.example.com"])
//!     .routes();
//! let app = axum::Router::new().nest_service("/fang", dashboard); // https://jobs.example.com/fang
//! # let _: axum::Router = app;
//! # Ok(()) }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
// A panic is how a test reports.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod action;
mod assets;
mod base;
mod bulk;
mod cached;
mod chart;
mod clock;
mod dashboard;
mod form;
mod gate;
mod guard;
mod history;
mod journal;
mod keys;
mod kinds;
mod live;
mod look;
mod pages;
mod pairs;
mod refusal;
mod runs;
mod seen;
mod server;
mod session;
mod shell;
mod show;
mod taste;
mod visit;
mod which;

pub use access::{Access, Viewer};
pub use action::Action;
pub use dashboard::{Dashboard, DashboardError};
