//! Scenarios that run over each store.

mod control;
mod crons;
mod ends;
mod events;
mod failing;
mod hooks;
mod payloads;
mod running;
mod stopping;
