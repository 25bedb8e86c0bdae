use crate::task::{FangTaskState, Task};
use chrono::{DateTime, Utc};

/// What happened to a task and when, as its row tells, and when it will be due if it waits. `claimed_at` is when it was
/// claimed, if it runs and that is known.
pub fn timeline(task: &Task, claimed_at: Option<DateTime<Utc>>) -> Vec<(DateTime<Utc>, String)> {
    let mut steps: Vec<(DateTime<Utc>, String)> = vec![(task.created_at, "inserted".to_owned())];
    steps.extend(task.failures.iter().map(|failure| (failure.at, format!("run {} failed", failure.attempt))));
    steps.extend(claimed_at.map(|at| (at, "claimed".to_owned())));
    match task.state {
        FangTaskState::New | FangTaskState::Retried => steps.push((task.scheduled_at, "due".to_owned())),
        FangTaskState::InProgress => {}
        FangTaskState::Failed | FangTaskState::Finished => {
            steps.push((task.updated_at, task.state.as_str().to_owned()));
        }
    }
    steps.sort_by_key(|(at, _)| *at);
    steps
}
