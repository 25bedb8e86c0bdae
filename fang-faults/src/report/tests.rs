use super::{Facts, Lost, Report};
use crate::campaign::Broken;
use crate::{Book, Entry, Fate, Outcome, Run};
use fang::FangTaskState::{self, Failed, Finished, InProgress, New};
use fang::blocking::MemoryQueue;
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

#[fang::task]
fn idle() {}

/// The only run of a task.
fn run(outcome: Option<Outcome>) -> Run {
    Run { lease: 1, attempt: 1, pid: 7, start: 1, end: outcome.map(|_| 2), outcome }
}

/// An acknowledged task with one run.
fn ran(outcome: Option<Outcome>) -> Entry {
    Entry { fate: Some(Fate::Acked), runs: vec![run(outcome)], ..Entry::default() }
}

/// A report of tasks, and the states of their rows.
fn report<const N: usize>(tasks: [(Entry, Option<FangTaskState>); N]) -> Report {
    let (mut book, mut rows) = (Book::default(), HashMap::new());
    for (number, (entry, state)) in (1..).zip(tasks) {
        let id = Uuid::from_u128(number);
        book.tasks.insert(id, entry);
        if let Some(state) = state {
            let mut row = MemoryQueue::new().insert(idle().with_id(id)).unwrap();
            (row.state, row.error_message) = (state, Some("a reason".into()));
            rows.insert(id, row);
        }
    }
    let facts = Facts { seed: 7, workers: 2, took: Duration::from_secs(3), broken: Broken::default() };
    Report::new(&book, &rows, facts)
}

/// Which they are, and the states of their rows.
fn ids(lost: &[Lost]) -> Vec<(u128, Option<FangTaskState>)> {
    lost.iter().map(|lost| (lost.id.as_u128(), lost.state)).collect()
}

#[test]
fn a_success_in_the_ledger_or_the_row_counts_and_a_failure_is_lost_with_its_reason() {
    let report = report([
        (ran(Some(Outcome::Done)), None),
        // Saved within the run, which was killed then.
        (ran(None), Some(Finished)),
        (ran(Some(Outcome::Cancelled)), Some(Failed)),
        (ran(Some(Outcome::Failed)), Some(Failed)),
        (ran(Some(Outcome::Failed)), None),
    ]);
    assert_eq!((report.acknowledged, report.succeeded, report.excused), (5, 2, 1));
    assert_eq!(ids(&report.lost), [(4, Some(Failed)), (5, None)]);
    let text = report.to_string();
    assert!(text.contains("0004 idle: failed, 1 run, the last one failed: a reason"), "{text}");
    assert!(text.contains("0005 of unknown kind: no row, 1 run, the last one failed\n"), "{text}");
    assert!(text.starts_with("crash test: no faults; 2 workers, 3 s, seed 7\n"), "{text}");
    assert!(text.contains("until its tasks ran again          -\n"), "{text}");
    assert_eq!(serde_json::to_value(&report).unwrap()["lost"][0]["last_outcome"], "failed");
}

#[test]
fn a_success_that_the_row_denies_is_a_finding_but_no_loss() {
    let done = || ran(Some(Outcome::Done));
    let report = report([(done(), Some(Failed)), (done(), Some(InProgress)), (done(), None)]);
    assert_eq!(
        (ids(&report.unconfirmed), report.succeeded),
        (vec![(1, Some(Failed)), (2, Some(InProgress))], 1)
    );
    let text = report.to_string();
    assert!(text.contains("0001 idle: failed, 1 run, the last one done: a reason"), "{text}");
    report.assert_nothing_lost();
    assert!(!report.is_clean() && std::panic::catch_unwind(|| report.assert_clean()).is_err());
}

#[test]
fn what_may_fail_must_have_run_and_what_may_be_removed_need_not() {
    let may_fail = |runs: &[Run]| Entry { may_fail: true, runs: runs.to_vec(), ..ran(None) };
    let may_go = |runs: &[Run]| Entry { may_be_removed: true, runs: runs.to_vec(), ..ran(None) };
    let report = report([
        (may_fail(&[]), None),
        (may_fail(&[]), Some(New)),
        (may_fail(&[]), Some(Failed)),
        (may_fail(&[run(Some(Outcome::Failed))]), None),
        (may_fail(&[run(Some(Outcome::Done))]), Some(Failed)),
        (may_fail(&[run(Some(Outcome::Done))]), Some(InProgress)),
        (may_go(&[]), None),
    ]);
    assert_eq!((ids(&report.lost), report.excused), (vec![(1, None), (2, Some(New))], 4));
    assert_eq!(ids(&report.unconfirmed), [(6, Some(InProgress))]);
}

#[test]
fn doubled_inserts_and_runs_at_once_are_named_and_so_are_kinds_without_runs() {
    let unknown = Entry { fate: None, kind: "doubled".into(), ..ran(Some(Outcome::Done)) };
    let longer = Run { end: Some(9), ..run(Some(Outcome::Done)) };
    let at_once = Entry { runs: vec![longer, run(Some(Outcome::Done))], kind: "twice".into(), ..ran(None) };
    let never = Entry { runs: vec![], kind: "forgotten".into(), ..ran(None) };
    let report = report([(unknown, None), (at_once, None), (never, Some(Finished))]);
    let text = report.to_string();
    let after = |title: &str| text.split_once(title).unwrap().1.lines().nth(1).unwrap().to_owned();
    assert!(after("without an insert in the ledger").ends_with("0001 doubled"), "{text}");
    assert!(after("pairs: without a cause").ends_with("0002 twice"), "{text}");
    assert!(after("kinds of which no task has run").ends_with(" idle: 1"), "{text}");
    assert!(after("tasks that ran more than once").contains("succeeded more than once"), "{text}");
}

#[test]
#[should_panic(expected = "nothing was tested")]
fn a_test_without_inserts_fails() {
    report([]).assert_nothing_lost();
}
