//! `fang priority`

use crate::answer::Answer;
use crate::by_id::{Change, Ids, change};
use crate::connect::Database;
use crate::failure::Failure;
use crate::words::{PRIORITIES, one_of};
use clap::Args;
use fang_core::{FangTaskState, Priority};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    ids: Ids,
    /// How urgent they are from now on.
    #[arg(long, value_parser = one_of(PRIORITIES))]
    to: Priority,
}

const PRIORITY: Change = Change {
    done: "prioritized",
    suits: FangTaskState::is_waiting,
    rule: "only a task that waits can get another priority",
};

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    let set = async |id| database.admin.set_priority(id, arguments.to).await;
    change(database, arguments.ids.ids, &PRIORITY, set).await
}
