//! Scenarios that run over Postgres only.

mod cancel;
pub mod clocks;
mod connections;
mod crons;
mod defaults;
mod errors;
mod faults;
pub mod finish_in;
mod languages;
mod leases;
mod lock_claims;
mod migrations;
mod outages;
mod pgbouncer;
pub mod processes;
mod races;
mod read_only;
mod refused;
mod restarts;
mod schema;
mod secrets;
mod sessions;
pub mod ticks;
mod transactions;
mod unique;
mod unserved;
mod upgrade;
