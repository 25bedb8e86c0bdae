//! What only the queue over Postgres does.

// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cancel;
mod clocks;
mod connections;
mod crons;
mod defaults;
mod errors;
mod faults;
mod finish_in;
mod holds;
mod leases;
mod migrations;
mod pgbouncer;
mod processes;
mod races;
mod read_only;
mod restarts;
mod schema;
mod secrets;
mod sharing;
mod ticks;
mod transactions;
mod unique;
mod upgrade;
mod world;
