//! `fang cancel`

use crate::answer::Answer;
use crate::by_id::{Change, Ids, change};
use crate::connect::Database;
use crate::failure::Failure;
use clap::Args;
use fang_core::FangTaskState;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    ids: Ids,
}

const CANCEL: Change = Change {
    done: "cancelled",
    suits: FangTaskState::is_alive,
    rule: "only a task that waits or runs can be cancelled",
};

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    change(database, arguments.ids.ids, &CANCEL, async |id| database.admin.cancel(id).await).await
}
