//! What the log says of a rescue: first the counts, then the tasks.

use super::named;
use crate::events::{NO_KIND, TaskInfo};
use fang_core::store::{Rescued, RescuedTask};
use log::Level;

/// The most tasks of each fate that are named, each in a line.
const MAX_NAMED: usize = 20;

/// Logs a rescue, if it did anything.
pub(in crate::state) fn tell_rescue(rescued: &Rescued) {
    lines(rescued).for_each(|(level, line)| log::log!(level, "{line}"));
}

/// What a rescue made of a task.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Failed,
    Cancelled,
    RunsAgain,
}

impl Fate {
    fn of(task: &RescuedTask) -> Self {
        match &task.error {
            Some(_) if task.is_cancelled() => Self::Cancelled,
            Some(_) => Self::Failed,
            None => Self::RunsAgain,
        }
    }

    fn level(self) -> Level {
        match self {
            Self::Failed => Level::Error,
            Self::Cancelled => Level::Info,
            Self::RunsAgain => Level::Warn,
        }
    }

    fn line(self, task: &RescuedTask) -> String {
        let what = named(task.id, task.kind.as_deref().unwrap_or(NO_KIND), &task.task_type);
        let attempt = TaskInfo::rescued(task).attempt;
        match self {
            Self::Failed => {
                let error = task.error.as_deref().unwrap_or_default();
                format!("{what} failed for good in attempt {attempt}: {error}")
            }
            Self::Cancelled => {
                format!("{what} was cancelled, and belonged to no living worker in attempt {attempt}")
            }
            Self::RunsAgain => {
                format!("{what} belonged to no living worker in attempt {attempt}, and runs again")
            }
        }
    }

    fn others(self, more: usize) -> String {
        match self {
            Self::Failed => format!("and {more} more tasks of this rescue failed for good"),
            Self::Cancelled => format!("and {more} more tasks of this rescue were cancelled"),
            Self::RunsAgain => format!("and {more} more tasks of this rescue run again"),
        }
    }
}

fn lines(rescued: &Rescued) -> impl Iterator<Item = (Level, String)> {
    let fates = [Fate::Failed, Fate::Cancelled, Fate::RunsAgain];
    let of_tasks = fates.into_iter().flat_map(|fate| {
        let all = || rescued.tasks.iter().filter(move |task| Fate::of(task) == fate);
        let more = all().count().saturating_sub(MAX_NAMED);
        let others = (more > 0).then(|| fate.others(more));
        let lines = all().take(MAX_NAMED).map(move |task| fate.line(task)).chain(others);
        lines.map(move |line| (fate.level(), line))
    });
    summary(rescued).map(|line| (Level::Warn, line)).into_iter().chain(of_tasks)
}

/// `None` if the rescue did nothing.
fn summary(rescued: &Rescued) -> Option<String> {
    let (buried, retried, failed) = (rescued.buried, rescued.retried(), rescued.failed());
    let fates = format!("{retried} run again, {failed} failed after too many crashes, or were cancelled");
    match (buried, retried + failed) {
        (0, 0) => None,
        (0, tasks) => Some(format!(
            "{tasks} tasks in progress belonged to no living worker: it had stopped or been declared dead before, or \
             is not in the table; {fates}"
        )),
        (1, tasks) => Some(format!("1 worker died with {tasks} tasks in progress: {fates}")),
        (_, tasks) => Some(format!("{buried} workers died with {tasks} tasks in progress: {fates}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_core::Mode;
    use uuid::Uuid;

    fn task(error: Option<&str>) -> RescuedTask {
        RescuedTask {
            id: Uuid::nil(),
            kind: Some("Mail".into()),
            task_type: "mails".into(),
            mode: Mode::Asynk,
            retries: 2,
            error: error.map(Into::into),
        }
    }

    fn told(buried: u64, tasks: Vec<RescuedTask>) -> Vec<(Level, String)> {
        lines(&Rescued { buried, tasks }).collect()
    }

    #[test]
    fn the_counts_come_first_and_tell_where_the_tasks_come_from() {
        let first = |buried, tasks| told(buried, vec![task(None); tasks]).first().cloned();
        assert_eq!(first(0, 0), None);
        for (buried, tasks, begin) in [
            (2, 3, "2 workers died with 3 tasks in progress: 3 run again"),
            (1, 0, "1 worker died"),
            (0, 3, "3 tasks in progress belonged to no living worker"),
        ] {
            let (level, line) = first(buried, tasks).unwrap();
            assert!(level == Level::Warn && line.starts_with(begin), "{line}");
        }
    }

    #[test]
    fn each_task_is_told_with_its_fate() {
        let lines = told(1, [None, Some("cancelled"), Some("died 3 times")].map(task).to_vec());
        let ends = [
            (Level::Warn, "1 run again, 2 failed after too many crashes, or were cancelled"),
            (Level::Error, r#"(Mail, task type "mails") failed for good in attempt 3: died 3 times"#),
            (Level::Info, "was cancelled, and belonged to no living worker in attempt 3"),
            (Level::Warn, "belonged to no living worker in attempt 3, and runs again"),
        ];
        assert_eq!(lines.len(), ends.len());
        for ((level, line), (expected, end)) in lines.iter().zip(ends) {
            assert!(*level == expected && line.ends_with(end), "{level} {line}");
        }
    }

    #[test]
    fn of_each_fate_the_first_tasks_are_named_and_the_others_counted() {
        for error in [None, Some("cancelled"), Some("died 3 times")] {
            assert_eq!(told(1, vec![task(error); MAX_NAMED]).len(), 1 + MAX_NAMED);
            let many = told(1, vec![task(error); MAX_NAMED + 3]);
            assert_eq!(many.len(), 1 + MAX_NAMED + 1);
            let (level, last) = &many[1 + MAX_NAMED];
            assert!(*level == many[1].0 && last.starts_with("and 3 more tasks"), "{level} {last}");
        }
    }
}
