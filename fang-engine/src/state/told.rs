//! What the log says of a run that did not succeed.

mod rescue;

pub(super) use rescue::tell_rescue;

use super::job::Job;
use crate::events::kind_of;
use crate::policy::decide::Ending;
use crate::policy::shortened::shortened;
use fang_core::Task;
use fang_core::context::Wish;
use fang_core::kind::shown_name;
use log::Level;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// How long a task may wait for a program that knows its kind before the log says so as a warning. A rolling deploy may
/// take that long without harm.
const LONG: Duration = Duration::from_secs(60);

/// The most kinds that are told as warnings. Anyone who can insert can make kinds up.
const MAX_KINDS: usize = 100;

/// The most tasks that a line about late results names.
pub(crate) const MAX_LATE: usize = 10;

/// The kinds that were told as warnings, because no program that claimed their tasks could run them.
#[derive(Debug, Default)]
pub(super) struct Told {
    kinds: Mutex<HashSet<Arc<str>>>,
}

impl Told {
    /// Logs a run that did not succeed. A success is logged nowhere: there may be a hundred thousand a second.
    pub(super) fn tell(&self, job: &Job, ending: &Ending) {
        if let Some(level) = self.level(job, ending)
            && log::log_enabled!(level)
        {
            log::log!(level, "{}", line(job, ending));
        }
    }

    fn level(&self, job: &Job, ending: &Ending) -> Option<Level> {
        match ending {
            Ending::Succeeded | Ending::Snoozed { .. } | Ending::HandedBack => None,
            Ending::Retried { .. } | Ending::Expired { .. } => Some(Level::Warn),
            Ending::Failed { .. } => Some(Level::Error),
            Ending::Cancelled { .. } => Some(Level::Info),
            Ending::LeftToOthers { .. } if self.is_news(job) => Some(Level::Warn),
            // Every task of such a kind would say the same, again and again.
            Ending::LeftToOthers { .. } => Some(Level::Debug),
        }
    }

    /// Whether the task has waited for long, as the first of its kind.
    fn is_news(&self, job: &Job) -> bool {
        if job.task.unknown_for.is_none_or(|waited| waited < LONG) {
            return false;
        }
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.len() < MAX_KINDS && kinds.insert(kind_of(&job.task.metadata))
    }
}

/// The task as each line names it. Anyone who can insert names a kind: none may break the line or fill the log.
fn named(id: Uuid, kind: &str, task_type: &str) -> String {
    let kind = shown_name(kind).escape_debug();
    format!("the task {id} ({kind}, task type {task_type:?})")
}

fn named_job(job: &Job) -> String {
    named(job.task.id, &kind_of(&job.task.metadata), &job.task_type)
}

/// The row is not always there.
fn named_row(id: Uuid, row: Option<&Task>) -> String {
    row.map_or_else(
        || format!("the task {id}"),
        |row| named(id, &kind_of(&row.metadata.to_string()), &row.task_type),
    )
}

/// Logs a task that has failed because the database refused the result of its run. Its row is not always found.
pub(crate) fn tell_refused(id: Uuid, row: Option<&Task>, error: &str) {
    let what = named_row(id, row);
    log::error!("{what} failed for good: {error}");
}

/// Logs a run whose result is dropped, because its task was handed back before it ended.
pub(super) fn tell_ended_late(job: &Job) {
    let (task, attempt) = (named_job(job), job.attempt());
    log::warn!("{task} ended in attempt {attempt} after it was handed back; the result is dropped");
}

/// Logs the error of a run that had asked to run again later. That of one that cancelled itself is a part of its reason.
pub(crate) fn tell_error_beside_wish(job: &Job, wish: &Wish, error: &str) {
    if let Wish::Snooze(delay) = wish {
        let (task, attempt, error) = (named_job(job), job.attempt(), shortened(error));
        log::warn!("{task} asked in attempt {attempt} to run again in {delay:?}, and then returned: {error}");
    }
}

/// Logs a blocking run that exceeds its timeout.
pub(super) fn tell_overran(job: &Job) {
    let (task, attempt) = (named_job(job), job.attempt());
    log::warn!(
        "{task} exceeds its timeout in attempt {attempt} and is told to end; check that it looks for `is_cancelled`"
    );
}

/// Logs results that came too late, a few of them by name. Rows that are gone have none.
pub(crate) fn tell_late<'a>(late: u64, tasks: impl Iterator<Item = (Uuid, Option<&'a Task>)>) {
    let tasks = tasks.take(MAX_LATE).map(|(id, row)| named_row(id, row));
    let (tasks, end) = (tasks.collect::<Vec<_>>(), if late > MAX_LATE as u64 { ", .." } else { "" });
    log::warn!(
        "{late} results came too late and were dropped: their tasks were removed or belong to others now: {}{end}",
        tasks.join(", ")
    );
}

/// The kind and not the rest of the payload: that may be secret.
fn line(job: &Job, ending: &Ending) -> String {
    let task = named_job(job);
    let attempt = job.attempt();
    match ending {
        Ending::Succeeded => format!("{task} succeeded in attempt {attempt}"),
        Ending::Retried { delay, error } => {
            format!("{task} failed in attempt {attempt} and runs again in {delay:?}: {error}")
        }
        Ending::Failed { error } => format!("{task} failed for good in attempt {attempt}: {error}"),
        Ending::Expired { error } => format!("{task} did not run: {error}"),
        Ending::Cancelled { error } => format!("{task} ended in attempt {attempt}: {error}"),
        Ending::Snoozed { delay } => format!("{task} waits again for {delay:?}"),
        Ending::HandedBack => format!("{task} was handed back"),
        Ending::LeftToOthers { delay, error } => {
            let waited = job.task.unknown_for.unwrap_or_default().as_secs();
            format!(
                "{task} could be run by no program for {waited} s and is tried again in {delay:?}: {error}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::example;
    use fang_core::store::{Claimed, WorkerId};

    fn job(kind: &str, unknown_for: u64) -> Job {
        let metadata = format!(r#"{{"type": "{kind}", "password": "hunter2"}}"#);
        let unknown_for = Some(Duration::from_secs(unknown_for));
        let task = Claimed { metadata, retries: 2, unknown_for, ..example() };
        Job::new(task, "mails".into(), WorkerId(1), None)
    }

    fn said(ending: &Ending) -> String {
        line(&job("Mail", 61), ending)
    }

    fn level(ending: &Ending) -> Option<Level> {
        Told::default().level(&job("Mail", 0), ending)
    }

    #[test]
    fn a_kind_that_stays_unknown_is_warned_of_once_after_a_minute() {
        let told = Told::default();
        let ending = Ending::LeftToOthers { delay: Duration::from_secs(60), error: "no such kind".into() };
        let waits = [("Mail", 30), ("Mail", 61), ("Mail", 121), ("News", 61), ("News", 15)];
        let levels = waits.map(|(kind, waited)| told.level(&job(kind, waited), &ending).unwrap());
        assert_eq!(levels, [Level::Debug, Level::Warn, Level::Debug, Level::Warn, Level::Debug]);
        assert!(said(&ending).ends_with("by no program for 61 s and is tried again in 60s: no such kind"));
    }

    #[test]
    fn the_kinds_that_are_warned_of_are_limited() {
        let told = Told::default();
        let warned = (0..500).filter(|n| told.is_news(&job(&format!("Made up {n}"), 61))).count();
        assert_eq!(warned, MAX_KINDS);
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
    fn no_kind_breaks_its_line_or_fills_the_log() {
        let ending = Ending::Retried { delay: Duration::from_secs(4), error: "no".into() };
        let forged = r"Mail)\n2026-01-01 ERROR paid: \u001b[2J";
        let line = line(&job(forged, 0), &ending);
        assert!(line.contains(r"(Mail)\n2026-01-01 ERROR paid: \u{1b}[2J, task"), "{line}");
        for kind in ["x".repeat(5_000_000), "é".repeat(5_000_000)] {
            assert!(super::line(&job(&kind, 0), &ending).len() < 500);
            assert!(named(Uuid::nil(), &kind, "mails").len() < 500);
        }
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
            Ending::Expired { error: error() },
            Ending::Snoozed { delay },
            Ending::HandedBack,
            Ending::LeftToOthers { delay, error: error() },
        ];
        assert!(endings.iter().all(|ending| !said(ending).contains("hunter2")));
    }
}
