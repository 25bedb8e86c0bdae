//! The changes of tasks: of those with some ids, or of all that match a filter.

use crate::answer::Answer;
use crate::by_id;
use crate::connect::Database;
use crate::failure::Failure;
use crate::filter::Which;
use crate::matching::{self, How};
use clap::Args;
use fang_core::operator::Steer;
use fang_core::store::Change;
use uuid::Uuid;

/// The tasks to change.
#[derive(Args)]
pub(crate) struct Chosen {
    /// The ids of the tasks. Without ids, all tasks that match the filter are meant.
    #[arg(value_name = "ID")]
    ids: Vec<Uuid>,
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    how: How,
}

/// Changes the chosen tasks.
pub(crate) async fn run(database: &Database, chosen: Chosen, change: Change) -> Result<Answer, Failure> {
    let steer = Steer::new(change);
    let Chosen { ids, which, how } = chosen;
    match (ids.is_empty(), which.is_empty()) {
        (true, true) => Err(Failure::new(format!(
            "no tasks are chosen: give the <ID> of one or several, or a filter such as --kind; see `fang {} --help`",
            steer.verb
        ))),
        (false, false) => Err(Failure::new("give ids or a filter, not both; nothing was changed")),
        (false, true) => by_id::change(database, ids, &steer).await,
        (true, false) => matching::change(database, &which, how, &steer).await,
    }
}
