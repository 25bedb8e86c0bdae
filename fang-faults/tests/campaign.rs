//! Campaigns against programs that are not even workers, with a queue in memory.

#![cfg(unix)]
// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang::{AsyncQueueable, FangTaskState, MemoryQueue};
use fang_faults::{Campaign, Fault, FaultsError};
use std::time::Duration;

#[fang::task]
async fn idle() {}

/// A process that waits to be killed, or lets SIGTERM end it.
fn waits() -> Campaign {
    Campaign::new("/bin/cat")
        .workers(2)
        .every(Duration::from_millis(40))
        .over_within(Duration::from_millis(200))
}

#[tokio::test]
async fn tasks_that_no_worker_runs_are_lost_with_their_kind_and_state_unless_they_may_fail() {
    let queue = MemoryQueue::new();
    let mut ids = Vec::new();
    let inserts = async |ledger: &fang_faults::Ledger| {
        let task = queue.insert(idle()).await?;
        ledger.acknowledged([&task])?;
        if !ids.is_empty() {
            ledger.may_fail([task.id])?;
        }
        ids.push(task.id);
        Ok(())
    };
    let report = waits().times(4).seed(9).run_async(&queue, inserts).await.unwrap();
    let [lost] = report.lost.as_slice() else { panic!("{report}") };
    assert_eq!((lost.id, lost.kind.as_str(), lost.state), (ids[0], "idle", Some(FangTaskState::New)));
    assert!(ids.len() > 1 && report.acknowledged == ids.len() && report.succeeded == 0);
    assert_eq!((report.excused, report.faults["kill"], report.seed), (ids.len() - 1, 4, 9));
    std::fs::remove_dir_all(report.folder.unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_does_not_end_in_time_is_killed_and_counted() {
    let deaf = Campaign::new("/bin/sh").arg("-c").arg("trap '' TERM; while :; do read line; done").workers(1);
    let deaf = deaf.faults([Fault::Terminate]).times(1).every(Duration::from_millis(500));
    let deaf = deaf.stops_within(Duration::from_millis(50));
    let report = deaf.run_async(&MemoryQueue::new(), async |_| Ok(())).await.unwrap();
    // The second one is terminated at the end, perhaps before it is deaf.
    assert!((1..=2).contains(&report.overdue), "{report}");
    let willing = waits().faults([Fault::Terminate]).times(2);
    let report = willing.run_async(&MemoryQueue::new(), async |_| Ok(())).await.unwrap();
    assert_eq!(report.overdue, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_cannot_be_carried_out_says_why() {
    let queue = MemoryQueue::new();
    let run = async |campaign: Campaign| {
        let ended = campaign.workers(1).run_async(&queue, async |_| Err("no inserts".into())).await;
        ended.unwrap_err()
    };
    let error = run(Campaign::new("/nowhere/worker")).await;
    assert!(matches!(error, FaultsError::Start { .. }) && error.to_string().contains("/nowhere/worker"));
    let error = run(Campaign::new("/bin/cat").faults([Fault::Reset])).await;
    assert!(error.to_string().contains("through_proxy"), "{error}");
    let error = run(Campaign::new("/bin/cat")).await;
    assert!(matches!(error, FaultsError::Inserts(_)) && error.to_string().contains("no inserts"), "{error}");
    let ends = Campaign::new("/bin/sh").arg("-c").arg("echo no settings >&2; exit 3").workers(1);
    let error = ends.every(Duration::from_secs(9)).run_async(&queue, async |_| Ok(())).await.unwrap_err();
    let FaultsError::Ends { status, log } = error else { panic!("{error}") };
    assert_eq!(status.code(), Some(3));
    assert!(std::fs::read_to_string(&log).unwrap().contains("no settings"));
    std::fs::remove_dir_all(log.parent().unwrap()).unwrap();
}
