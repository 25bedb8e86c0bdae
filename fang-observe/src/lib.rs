//! Metrics and health checks for programs that use [fang](https://docs.rs/fang).
//!
//! [`Metrics`] is for Prometheus: how many tasks of each type wait, how fast they run and fail, and which pools live.
//! It reads the store, so one scrape sees the pools of all processes. [`pool_routes`] is for the platform on which a
//! process is deployed: `/health` and `/ready` of the pools in this process.
//!
//! The routes are for a web server of [axum](https://docs.rs/axum). They need the feature `axum`, which is on by
//! default.
//!
//! ```
//! use fang::{AsyncBackend, AsyncWorkerPool, MemoryQueue};
//! use fang_observe::{Metrics, metrics_routes, pool_routes};
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), fang::FangError> {
//! let queue = MemoryQueue::new();
//! let pool = AsyncWorkerPool::builder().number_of_workers(2_u32).queue(queue.clone()).build();
//! let routes = metrics_routes(Metrics::new(queue.admin()?)) // GET /metrics
//!     .merge(pool_routes([pool.monitor()])); // GET /health and /ready
//! # let _: axum::Router = routes;
//! # Ok(()) }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
// A panic is how a test reports.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod families;
mod groups;
#[cfg(feature = "axum")]
mod health;
mod look;
mod metrics;
#[cfg(feature = "axum")]
mod routes;
mod text;
mod totals;

#[cfg(feature = "axum")]
pub use health::pool_routes;
pub use metrics::{Metrics, MetricsError};
#[cfg(feature = "axum")]
pub use routes::metrics_routes;
