//! Throwaway Postgres for tests and benchmarks.
//!
//! [`TestDatabase::create`] gives a test a fresh database. It lives in the
//! server `DATABASE_URL` names, or, where that is not set, in a [`Cluster`]
//! this process starts on first use and takes down when it ends. A [`Proxy`]
//! in front of it is a network that fails on demand, a [`PgBouncer`] a pooler.

mod binaries;
mod cluster;
mod config;
mod database;
mod disk;
mod error;
mod faketime;
mod guardian;
mod home;
mod pgbouncer;
mod proxy;
mod server;
pub mod triggers;
mod uri;
mod user;

pub use binaries::find_binaries;
pub use cluster::{Cluster, TEMPLATE};
pub use config::Durability;
pub use database::TestDatabase;
pub use disk::Disk;
pub use error::SupportError;
pub use faketime::skew;
pub use pgbouncer::PgBouncer;
pub use proxy::{Cut, Direction, Network, Proxy};
