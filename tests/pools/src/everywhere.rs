//! Scenarios that run over each store.

mod control;
mod crons;
mod ends;
mod events;
mod failing;
mod hooks;
mod many_types;
pub mod on_time;
mod payloads;
mod reports;
mod running;
mod stopping;
