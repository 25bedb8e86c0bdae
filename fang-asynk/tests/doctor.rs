//! The doctor against a real Postgres: each of its findings is provoked here, and a healthy database has none.

// A panic is how a test reports.
#![allow(clippy::unwrap_used)]

#[path = "doctor/codes.rs"]
mod codes;
#[path = "doctor/connections.rs"]
mod connections;
#[path = "doctor/healthy.rs"]
mod healthy;
#[path = "doctor/payloads.rs"]
mod payloads;
#[path = "doctor/server.rs"]
mod server;
#[path = "doctor/standby.rs"]
mod standby;
#[path = "doctor/tables.rs"]
mod tables;
#[path = "doctor/tasks.rs"]
mod tasks;
#[path = "doctor/ward.rs"]
mod ward;
