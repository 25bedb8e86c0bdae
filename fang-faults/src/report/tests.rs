use super::{Facts, Report};
use crate::campaign::Broken;
use crate::{Book, Entry, Fate, Outcome, Run};
use fang::blocking::MemoryQueue;
use fang::{FangTaskState, Queueable};
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

#[fang::task]
fn idle() {}

/// A report of acknowledged tasks: how the only run of each ended, and the state of its row.
fn report(tasks: &[(Option<Outcome>, Option<FangTaskState>)]) -> Report {
    let (mut book, mut rows) = (Book::default(), HashMap::new());
    for (number, (outcome, state)) in (1..).zip(tasks) {
        let id = Uuid::from_u128(number);
        let run = Run { lease: 1, attempt: 1, pid: 7, start: 1, end: outcome.map(|_| 2), outcome: *outcome };
        book.tasks.insert(id, Entry { fate: Some(Fate::Acked), runs: vec![run], ..Entry::default() });
        if let Some(state) = state {
            let mut row = MemoryQueue::new().insert(idle().with_id(id)).unwrap();
            (row.state, row.error_message) = (*state, Some("a reason".into()));
            rows.insert(id, row);
        }
    }
    let facts = Facts { seed: 7, workers: 2, took: Duration::from_secs(3), broken: Broken::default() };
    Report::new(&book, &rows, facts)
}

#[test]
fn a_success_in_the_ledger_or_the_row_counts_and_a_failure_is_lost_with_its_reason() {
    let report = report(&[
        (Some(Outcome::Done), None),
        // It will run again, but it has succeeded.
        (Some(Outcome::Done), Some(FangTaskState::InProgress)),
        // Saved within the run, which was killed then.
        (None, Some(FangTaskState::Finished)),
        (Some(Outcome::Cancelled), Some(FangTaskState::Failed)),
        (Some(Outcome::Failed), Some(FangTaskState::Failed)),
        (Some(Outcome::Failed), None),
    ]);
    assert_eq!((report.acknowledged, report.succeeded, report.excused), (6, 3, 1));
    let lost: Vec<_> = report.lost.iter().map(|lost| (lost.id.as_u128(), lost.state)).collect();
    assert_eq!(lost, [(5, Some(FangTaskState::Failed)), (6, None)]);
    let text = report.to_string();
    assert!(text.contains("0005 idle: failed, 1 run, the last one failed: a reason"), "{text}");
    assert!(text.contains("0006 of unknown kind: no row, 1 run, the last one failed\n"), "{text}");
    assert!(text.starts_with("crash test: no faults; 2 workers, 3 s, seed 7\n"), "{text}");
    assert_eq!(serde_json::to_value(&report).unwrap()["lost"][0]["last_outcome"], "failed");
}

#[test]
#[should_panic(expected = "nothing was tested")]
fn a_test_without_inserts_fails() {
    report(&[]).assert_nothing_lost();
}
