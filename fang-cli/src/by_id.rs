//! Changes of tasks by their ids: all of them are looked at before the first one is changed.

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use clap::Args;
use fang_core::{FangTaskState, QueueError, Task};
use serde_json::json;
use uuid::Uuid;

/// The ids of the tasks to change.
#[derive(Args)]
pub(crate) struct Ids {
    /// The ids of the tasks.
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<Uuid>,
}

/// A change.
pub(crate) struct Change {
    /// What the tasks are afterwards.
    pub(crate) done: &'static str,
    /// Whether a task in this state can be changed so.
    pub(crate) suits: fn(FangTaskState) -> bool,
    /// Which tasks can be changed so.
    pub(crate) rule: &'static str,
}

/// Finds a task, or tells that there is none.
pub(crate) async fn find(database: &Database, id: Uuid) -> Result<Task, Failure> {
    let found = database.admin.find(id).await?;
    found.ok_or_else(|| Failure::new(format!("no task has the id {id}; `fang tasks` lists the newest ones")))
}

/// Changes these tasks. Changes none of them if one does not exist or cannot be changed so.
pub(crate) async fn change(
    database: &Database,
    mut ids: Vec<Uuid>,
    change: &Change,
    act: impl AsyncFn(Uuid) -> Result<bool, QueueError>,
) -> Result<Answer, Failure> {
    ids.sort_unstable();
    ids.dedup();
    for id in &ids {
        let state = find(database, *id).await?.state;
        if !(change.suits)(state) {
            let (state, rule) = (state.as_str(), change.rule);
            return Err(Failure::new(format!("the task {id} is {state}: {rule}; nothing was changed")));
        }
    }
    let mut changed = Vec::new();
    for id in &ids {
        match act(*id).await {
            Ok(true) => changed.push(*id),
            Ok(false) => {}
            Err(error) => {
                let (error, count) = (Failure::from(error), changed.len());
                return Err(Failure::new(format!(
                    "{error}; {count} of {} tasks were changed before",
                    ids.len()
                )));
            }
        }
    }
    told(&ids, &changed, change)
}

fn told(ids: &[Uuid], changed: &[Uuid], change: &Change) -> Result<Answer, Failure> {
    let done = change.done;
    let left: Vec<_> = ids.iter().filter(|id| !changed.contains(id)).map(Uuid::to_string).collect();
    if left.is_empty() {
        let plain = changed.iter().map(|id| format!("{done} {id}\n")).collect::<String>();
        return Answer::new(json!({ "change": done, "ids": changed }), plain);
    }
    let (some, all, left, rule) = (changed.len(), ids.len(), left.join(", "), change.rule);
    Err(Failure::new(format!(
        "{some} of {all} tasks were {done}; {left} just changed, or does not suit: {rule}"
    )))
}
