//! The command as a process, against a real Postgres.

// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "command/bad_input.rs"]
mod bad_input;
#[path = "command/by_id.rs"]
mod by_id;
#[path = "command/cost.rs"]
mod cost;
#[path = "command/crons.rs"]
mod crons;
#[path = "command/dashboard.rs"]
mod dashboard;
#[path = "command/doctor.rs"]
mod doctor;
#[path = "command/fleet.rs"]
mod fleet;
#[path = "command/json.rs"]
mod json;
#[path = "command/lists.rs"]
mod lists;
#[path = "command/looks.rs"]
mod looks;
#[path = "command/matching.rs"]
mod matching;
#[path = "command/metrics.rs"]
mod metrics;
#[path = "command/prometheus.rs"]
mod prometheus;
#[path = "command/serving.rs"]
mod serving;
#[path = "command/shell.rs"]
mod shell;
#[path = "command/terminal.rs"]
mod terminal;
#[path = "command/tmux.rs"]
mod tmux;
#[path = "command/web.rs"]
mod web;
