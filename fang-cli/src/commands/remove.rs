//! `fang remove`

use crate::answer::Answer;
use crate::by_id::{Change, Ids, change};
use crate::connect::Database;
use crate::failure::Failure;
use clap::Args;
use fang_core::store::Removal;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    ids: Ids,
}

const REMOVE: Change =
    Change { done: "removed", suits: |_| true, rule: "only a task that exists can be removed" };

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    let remove = async |id| database.admin.remove(&Removal::Id(id)).await.map(|removed| removed > 0);
    change(database, arguments.ids.ids, &REMOVE, remove).await
}
