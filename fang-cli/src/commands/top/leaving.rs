//! What was confirmed and has not been told when the dashboard is left.

use super::act::Act;
use super::looker::Report;
use crate::answer::Answer;
use crate::failure::Failure;
use std::collections::VecDeque;
use std::io::Write;
use tokio::sync::mpsc::Receiver;

/// Waits until these have been told, the oldest first, but no longer than this. Fails if one failed, or if it is not
/// known.
pub(super) async fn told(
    mut waiting: VecDeque<Act>,
    mut reports: Receiver<Report>,
    given_up: impl Future<Output = ()>,
) -> Result<Answer, Failure> {
    let mut failures = Vec::new();
    let all = async {
        while !waiting.is_empty() {
            match reports.recv().await {
                Some(Report::Did(outcome)) => {
                    waiting.pop_front();
                    failures.extend(outcome.map(|text| say(&text)).err());
                }
                Some(_) => {}
                None => return,
            }
        }
    };
    tokio::select! {
        () = all => {}
        () = given_up => {}
    }
    failures.extend(waiting.iter().map(unknown));
    let Some(last) = failures.pop() else { return Ok(Answer::none()) };
    for failure in failures {
        failure.tell();
    }
    Err(last)
}

/// The database may have done it though nobody has waited for its answer.
fn unknown(act: &Act) -> Failure {
    Failure::new(format!("it is not known whether this was done: {}", act.what()))
}

/// If nobody can be told, the exit code has to do.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", super::text::line(text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use tokio::sync::mpsc::channel;

    fn acts() -> VecDeque<Act> {
        [Act::PauseType("mail".into()), Act::ResumeType("reports".into())].into()
    }

    #[tokio::test]
    async fn all_that_was_confirmed_is_waited_for() {
        let (sender, reports) = channel(4);
        for report in [Report::Looking, Report::Did(Ok("mail: paused".into())), Report::Did(Ok("x".into()))] {
            assert!(sender.send(report).await.is_ok());
        }
        assert!(told(acts(), reports, pending()).await.is_ok());
    }

    #[tokio::test]
    async fn a_failure_is_that_of_the_command() {
        let (sender, reports) = channel(4);
        for outcome in [Err(Failure::new("no right")), Ok("reports: resumed".to_owned())] {
            assert!(sender.send(Report::Did(outcome)).await.is_ok());
        }
        assert_eq!(told(acts(), reports, pending()).await.unwrap_err().to_string(), "no right");
    }

    #[tokio::test]
    async fn what_is_not_told_in_time_is_not_known() {
        let (sender, reports) = channel(4);
        let failure = told(acts(), reports, ready(())).await.unwrap_err().to_string();
        assert_eq!(failure, "it is not known whether this was done: resume the task type reports");
        drop(sender);
    }
}
