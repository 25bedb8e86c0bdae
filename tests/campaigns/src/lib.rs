//! Campaigns that break what fang runs on, and count what that cost.
//!
//! A campaign has its own Postgres cluster, worker processes and producer processes. The processes write what they
//! do into a [ledger](fang_faults::Ledger) outside of Postgres. The campaign kills, pauses or cuts them off. At the end the ledger tells
//! which tasks were lost, ran twice, or ran though they must not.

// A panic is how a test reports.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod campaigns;
pub mod kit;
pub mod options;
pub mod report;
pub mod roles;
pub mod shutdowns;
pub mod world;

/// Why a campaign could not be carried out. A broken promise is no failure but a row of the report.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
