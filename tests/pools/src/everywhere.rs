//! Scenarios that run over each store.

mod control;
mod crons;
mod failing;
mod running;
mod stopping;
