//! What the log says of a run that did not succeed.

use super::job::Job;
use crate::policy::decide::Ending;
use fang_core::kind;
use log::Level;

/// Logs a run that did not succeed. A success is logged nowhere: there may be a hundred thousand a second.
pub(super) fn tell(job: &Job, ending: &Ending) {
    if let Some(level) = level(ending)
        && log::log_enabled!(level)
    {
        log::log!(level, "{}", line(job, ending));
    }
}

fn level(ending: &Ending) -> Option<Level> {
    match ending {
        Ending::Succeeded | Ending::Released { .. } => None,
        Ending::Retried { .. } => Some(Level::Warn),
        Ending::Failed { .. } => Some(Level::Error),
        Ending::Cancelled { .. } => Some(Level::Info),
        // Every task of such a kind would say the same, again and again.
        Ending::LeftToOthers { .. } => Some(Level::Debug),
    }
}

/// The kind and not the rest of the payload: that may be secret.
fn line(job: &Job, ending: &Ending) -> String {
    let kind = kind::name(&job.task.metadata).unwrap_or("of an unknown kind".into());
    let task = format!("the task {} ({kind}, task type {:?})", job.task.id, job.task_type);
    let attempt = i64::from(job.task.retries) + 1;
    match ending {
        Ending::Succeeded => format!("{task} succeeded in attempt {attempt}"),
        Ending::Retried { delay, error } => {
            format!("{task} failed in attempt {attempt} and runs again in {delay:?}: {error}")
        }
        Ending::Failed { error } => format!("{task} failed for good in attempt {attempt}: {error}"),
        Ending::Cancelled { error } => format!("{task} ended in attempt {attempt}: {error}"),
        Ending::Released { delay } => format!("{task} waits again for {delay:?}"),
        Ending::LeftToOthers { delay, error } => {
            format!("{task} is tried again in {delay:?}: {error}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::example;
    use fang_core::store::{Claimed, WorkerId};
    use std::time::Duration;

    fn said(ending: &Ending) -> String {
        let metadata = r#"{"type": "Mail", "password": "hunter2"}"#.to_owned();
        let task = Claimed { metadata, retries: 2, ..example() };
        let job = Job { task, task_type: "mails".into(), worker: WorkerId(1), unwritten: None };
        line(&job, ending)
    }

    #[test]
    fn a_failure_is_told_with_its_attempt_its_error_and_the_next_try() {
        let ending = Ending::Retried { delay: Duration::from_secs(4), error: "no such user".into() };
        let line = said(&ending);
        assert!(line.contains(r#"(Mail, task type "mails")"#), "{line}");
        assert!(line.ends_with("failed in attempt 3 and runs again in 4s: no such user"), "{line}");
        assert_eq!(level(&ending), Some(Level::Warn));
    }

    #[test]
    fn the_last_failure_is_an_error() {
        let ending = Ending::Failed { error: "no such user".into() };
        assert!(said(&ending).ends_with("failed for good in attempt 3: no such user"));
        assert_eq!(level(&ending), Some(Level::Error));
    }

    #[test]
    fn no_line_quotes_the_payload() {
        let delay = Duration::from_secs(1);
        let error = || "no".to_owned();
        let endings = [
            Ending::Succeeded,
            Ending::Retried { delay, error: error() },
            Ending::Failed { error: error() },
            Ending::Cancelled { error: error() },
            Ending::Released { delay },
            Ending::LeftToOthers { delay, error: error() },
        ];
        assert!(endings.iter().all(|ending| !said(ending).contains("hunter2")));
    }
}
