//! Changes of tasks by their ids: all of them are looked at before the first one is changed.

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use fang_core::Task;
use fang_core::operator::Steer;
use serde_json::json;
use uuid::Uuid;

/// Finds a task, or tells that there is none.
pub(crate) async fn find(database: &Database, id: Uuid) -> Result<Task, Failure> {
    let found = database.admin.find(id).await?;
    found.ok_or_else(|| Failure::new(format!("no task has the id {id}; `fang tasks` lists the newest ones")))
}

/// Changes these tasks. Changes none of them if one does not exist or cannot be changed so.
pub(crate) async fn change(
    database: &Database,
    mut ids: Vec<Uuid>,
    steer: &Steer,
) -> Result<Answer, Failure> {
    ids.sort_unstable();
    ids.dedup();
    for id in &ids {
        let state = find(database, *id).await?.state;
        if !steer.change.fits(state) {
            let (state, rule) = (state.as_str(), steer.rule);
            return Err(Failure::new(format!("the task {id} is {state}: {rule}; nothing was changed")));
        }
    }
    let mut changed = Vec::new();
    for id in &ids {
        match database.admin.change_one(*id, steer.change).await {
            Ok(true) => changed.push(*id),
            Ok(false) => {}
            Err(error) if changed.is_empty() => return Err(error.into()),
            Err(error) => {
                let (error, count) = (Failure::from(error), changed.len());
                return Err(Failure::new(format!(
                    "{error}; {count} of {} tasks were changed before",
                    ids.len()
                )));
            }
        }
    }
    told(&ids, &changed, steer)
}

fn told(ids: &[Uuid], changed: &[Uuid], steer: &Steer) -> Result<Answer, Failure> {
    let done = steer.done;
    let left: Vec<_> = ids.iter().filter(|id| !changed.contains(id)).map(Uuid::to_string).collect();
    if left.is_empty() {
        let plain = changed.iter().map(|id| format!("{done} {id}\n")).collect::<String>();
        return Answer::new(json!({ "change": done, "ids": changed }), plain);
    }
    let (some, all, left, rule) = (changed.len(), ids.len(), left.join(", "), steer.rule);
    Err(Failure::new(format!(
        "{some} of {all} tasks were {done}; {left} just changed, or does not suit: {rule}"
    )))
}
