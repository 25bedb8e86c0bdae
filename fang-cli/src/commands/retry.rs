//! `fang retry`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::steer::{self, Chosen};
use clap::Args;
use fang_core::FangTaskState;
use fang_core::operator::Wanted;
use fang_core::store::Change;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    chosen: Chosen,
    /// Failed tasks, including cancelled and expired ones: the same as --state failed, which is the default of a
    /// filter.
    #[arg(long, conflicts_with = "state", help_heading = "Filter")]
    failed: bool,
}

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    let mut chosen = arguments.chosen;
    if arguments.failed {
        chosen.which.state = Some(Wanted::State(FangTaskState::Failed));
    }
    steer::run(database, chosen, Change::Retry).await
}
