//! Throwaway Postgres for tests and benchmarks.
//!
//! [`TestDatabase::create`] gives a test a fresh database, in the server of
//! `DATABASE_URL`. Without that variable, the process starts a [`Cluster`] at the
//! first use and removes it at its end. A [`Proxy`] of `fang-faults` in front of the
//! server simulates network faults, and a [`PgBouncer`] is a pooler.

mod binaries;
mod cluster;
mod config;
mod database;
mod disk;
mod error;
mod faketime;
mod guardian;
mod home;
mod large;
mod odd_settings;
mod pgbouncer;
mod server;
mod sessions;
mod template;
pub mod triggers;
mod uri;
mod user;

pub use binaries::find_binaries;
pub use cluster::{Cluster, TEMPLATE};
pub use config::Durability;
pub use database::TestDatabase;
pub use disk::Disk;
pub use error::SupportError;
pub use faketime::{clean as clean_after_faketime, skew};
pub use fang_faults::proxy::{Cut, Direction, Network, Proxy};
pub use large::{fill, fill_fleet};
pub use odd_settings::ODD_SETTINGS;
pub use pgbouncer::PgBouncer;
pub use server::server_uri;
pub use template::Template;
