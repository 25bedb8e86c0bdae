//! `fang reschedule`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::steer::{self, Chosen};
use chrono::{DateTime, Utc};
use clap::Args;
use fang_core::new_task::Due;
use fang_core::operator::span;
use fang_core::store::Change;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    when: When,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct When {
    /// This long from now, such as 90s, 5m or 1d; 0s means at once.
    #[arg(long, value_parser = span::parse, value_name = "SPAN")]
    delay: Option<Duration>,
    /// At this instant, such as 2027-01-31T09:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    at: Option<DateTime<Utc>>,
}

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    let When { delay, at } = arguments.when;
    let due = at.map_or(Due::After(delay.unwrap_or_default()), Due::At);
    steer::run(database, arguments.chosen, Change::Reschedule(due)).await
}
