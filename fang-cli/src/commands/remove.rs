//! `fang remove`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::steer::{self, Chosen};
use fang_core::store::Change;

pub(crate) type Arguments = Chosen;

pub(crate) async fn run(database: &Database, arguments: Arguments) -> Result<Answer, Failure> {
    steer::run(database, arguments, Change::Remove).await
}
