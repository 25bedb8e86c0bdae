//! Shared by the benchmarks of fang and of its peers.

// Tests report by panics.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod chart;
mod figures;
mod floor;
mod latency;
mod machine;
mod markdown;
mod meter;
mod options;
mod process;
mod tally;

pub use chart::Chart;
pub use figures::{Figure, Figures, Row};
pub use floor::{Floor, copy_floor};
pub use latency::Latency;
pub use machine::Machine;
pub use markdown::{Ratio, table};
pub use meter::{Meter, Reading};
pub use options::Options;
pub use process::{busy, busy_of, busy_ticks, children_of, parent_of, resident_mb};
pub use tally::{Tally, ran};

/// An error of any part of a benchmark.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
