//! Campaigns that break what fang runs on, and count what that cost.
//!
//! A campaign has a Postgres cluster of its own and worker and producer processes of its own. They
//! write what they do into a [ledger] outside of Postgres; the campaign strikes them, and in the end
//! the ledger tells what was lost, what ran twice, and what ran that never should have.

// A panic is how a test reports.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod campaigns;
pub mod clock;
pub mod ledger;
pub mod options;
pub mod report;
pub mod roles;
pub mod world;

/// Why a campaign could not be carried out; that a promise did not hold is a row of its report.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
