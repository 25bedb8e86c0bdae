//! The command as a process, against a real Postgres.

// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "command/bad_input.rs"]
mod bad_input;
#[path = "command/by_id.rs"]
mod by_id;
#[path = "command/crons.rs"]
mod crons;
#[path = "command/failed.rs"]
mod failed;
#[path = "command/looks.rs"]
mod looks;
#[path = "command/shell.rs"]
mod shell;
