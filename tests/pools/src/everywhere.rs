//! Scenarios that run over each store.

mod control;
mod crons;
mod failing;
mod payloads;
mod running;
mod stopping;
