//! `fang reschedule`

use crate::answer::Answer;
use crate::by_id::{Change, Ids, change};
use crate::connect::Database;
use crate::failure::Failure;
use crate::span;
use chrono::{DateTime, Utc};
use clap::Args;
use fang_core::FangTaskState;
use fang_core::new_task::Due;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    ids: Ids,
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

const RESCHEDULE: Change = Change {
    done: "rescheduled",
    suits: FangTaskState::is_waiting,
    rule: "only a task that waits can be rescheduled",
};

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    let When { delay, at } = arguments.when;
    let due = at.map_or(Due::After(delay.unwrap_or_default()), Due::At);
    change(database, arguments.ids.ids, &RESCHEDULE, async |id| database.admin.reschedule(id, due).await)
        .await
}
