//! `fang priority`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::steer::{self, Chosen};
use crate::words::one_of;
use clap::Args;
use fang_core::Priority;
use fang_core::operator::PRIORITIES;
use fang_core::store::Change;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    chosen: Chosen,
    /// How urgent they are from now on.
    #[arg(long, value_parser = one_of(PRIORITIES))]
    to: Priority,
}

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    steer::run(database, arguments.chosen, Change::Priority(arguments.to)).await
}
