//! The verbs, each an async function over the connections of a driver.

pub(crate) mod admin;
mod announce;
pub(crate) mod control;
pub(crate) mod crons;
pub(crate) mod insert;
mod lists;
pub(crate) mod migrate;
pub(crate) mod tasks;
pub(crate) mod workers;

pub(crate) use tasks::{ClaimParams, finish_statement};
