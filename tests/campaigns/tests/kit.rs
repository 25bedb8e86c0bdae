//! The crash kit, with a small worker of its own: short tests, for `make test`. The longer ones are among the campaigns.

// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang::{AsyncQueue, AsyncQueueable, NoTls, Queue, Uuid};
use fang_campaigns::kit::{campaign, forgetful, heavy, light};
use fang_campaigns::options::Modes;
use fang_faults::{Campaign, Cause};
use fang_test_support::TestDatabase;
use std::time::Duration;

const WORKER: &str = env!("CARGO_BIN_EXE_kit-worker");

#[tokio::test(flavor = "multi_thread")]
async fn killed_workers_lose_nothing_and_repeats_have_causes() {
    let database = TestDatabase::create().await.unwrap();
    let queue = AsyncQueue::<NoTls>::builder().uri(database.uri()).max_pool_size(2).build();
    queue.migrate().await.unwrap();
    let mut number = 0;
    let report = campaign(WORKER, Modes::Both, database.uri())
        .workers(2)
        .times(3)
        .every(Duration::from_millis(700))
        .run_async(&queue, async |ledger| {
            number += 1;
            // A second, so that some run at each kill, also where few are inserted in a second.
            let tasks = vec![light(number, 1_000), heavy(number, 30)];
            Ok(ledger.acknowledged(queue.insert_tasks(tasks).await?)?)
        })
        .await
        .unwrap();
    println!("{report}");
    report.assert_clean();
    assert_eq!((report.faults["kill"], report.overdue, report.without_insert.len()), (3, 0, 0));
    assert!(report.acknowledged > 50 && report.succeeded == report.acknowledged);
    let killed =
        report.repeated.iter().flat_map(|repeat| &repeat.causes).filter(|cause| **cause == Cause::Killed);
    assert!(killed.count() > 0, "no kill hit a run");
    assert!(report.longest_recovery > Duration::from_secs(1));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((&json["faults"]["kill"], &json["folder"]), (&3.into(), &serde_json::Value::Null));
}

/// A campaign without faults, in which only the program is wrong.
fn unbroken(campaign: Campaign) -> Campaign {
    campaign.workers(1).faults([]).times(1).every(Duration::from_millis(500))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_broken_program_loses_and_repeats_is_found() {
    let database = TestDatabase::create().await.unwrap();
    let uri = database.uri().to_owned();
    let report = tokio::task::spawn_blocking(move || {
        let queue = Queue::builder().uri(&uri).max_pool_size(2).build();
        queue.migrate().unwrap();
        let (saved, forgotten, again) = (Uuid::from_u128(1), Uuid::from_u128(5), Uuid::from_u128(6));
        let mut is_first = true;
        unbroken(forgetful(WORKER, &uri)).run_blocking(&queue, |ledger| {
            if std::mem::take(&mut is_first) {
                for id in [saved, forgotten] {
                    ledger.acknowledged([queue.insert(heavy(1, 0).with_id(id))?])?;
                }
                // Never saved.
                ledger.acknowledged([Uuid::from_u128(9)])?;
            }
            // Each time after the row is gone, it is saved anew.
            Ok(ledger.acknowledged([queue.insert(light(2, 0).with_id(again))?])?)
        })
    });
    let report = report.await.unwrap().unwrap();
    let lost = report.lost.iter().map(|lost| (lost.id.as_u128(), lost.kind.as_str(), lost.state, lost.runs));
    assert_eq!(lost.collect::<Vec<_>>(), [(5, "heavy", None, 0), (9, "", None, 0)], "{report}");
    let [repeat] = report.repeated.as_slice() else { panic!("{report}") };
    assert_eq!((repeat.id.as_u128(), repeat.kind.as_str()), (6, "light"));
    assert!(
        repeat.successes > 1 && repeat.causes.iter().all(|cause| *cause == Cause::Unexplained),
        "{report}"
    );
    assert!(!report.is_clean());
    let text = report.to_string();
    assert!(
        text.contains("0000-000000000005 heavy: no row, 0 runs") && text.contains("without a cause"),
        "{text}"
    );
    let folder = report.folder.clone().unwrap();
    assert!(folder.join("ledger").is_file());
    std::fs::remove_dir_all(folder).unwrap();
    let message = std::panic::catch_unwind(|| report.assert_nothing_lost()).unwrap_err();
    assert!(message.downcast_ref::<String>().unwrap().starts_with("2 of 4 acknowledged tasks are lost"));
}
