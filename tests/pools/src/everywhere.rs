//! Scenarios that run over each store.

mod control;
mod crons;
mod ends;
mod failing;
mod payloads;
mod running;
mod stopping;
