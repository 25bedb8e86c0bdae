//! The report of each night.

use crate::dies::Dies;
use crate::test_shop::TestShop;
use fang::testing::{clock, drain, inserted, next_ticks, perform};
use fang::{AsyncQueueable, Cron, Utc};
use serde_json::Value;
use shop::tasks::nightly_report;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Lets a night pass. Returns the reports, each with its orders and cents, the newest first.
async fn after_a_night(shop: &TestShop) -> Vec<(i64, i64)> {
    clock(&shop.shop.queue).turn(DAY).await;
    assert_eq!(shop.run_tasks().await.of("nightly_report").finished, 1);
    let reports = shop.get("/reports").await.json::<Vec<Value>>().await.unwrap();
    let pair = |report: &Value| Some((report["orders"].as_i64()?, report["cents"].as_i64()?));
    reports.iter().map(|report| pair(report).unwrap()).collect()
}

#[tokio::test]
async fn each_night_has_one_report_and_each_order_is_in_one() {
    let shop = TestShop::open().await;
    // Half a day away, so that no tick comes by itself, at whatever hour the test runs.
    let away = (Utc::now() + DAY / 2).format("%M %H * * *").to_string();
    shop.shop.queue.schedule(nightly_report().cron(Cron::new(away))).await.unwrap();
    shop.order("ada@example.com").await;
    shop.order("charles@example.com").await;
    assert_eq!(shop.run_tasks().await.of("nightly_report").runs.len(), 0);
    assert_eq!(after_a_night(&shop).await, [(2, 600)]);
    shop.order("grace@example.com").await;
    assert_eq!(after_a_night(&shop).await, [(1, 300), (2, 600)]);
    assert_eq!(after_a_night(&shop).await, [(0, 0), (1, 300), (2, 600)]);
}

#[test]
fn a_report_is_made_at_three_in_the_night() {
    let evening = "2026-03-27T20:00:00Z".parse().unwrap();
    assert_eq!(next_ticks(nightly_report(), 1, evening)[0].to_rfc3339(), "2026-03-28T03:00:00+00:00");
}

/// The report finishes in its transaction, so its row has to be where the transaction is.
#[tokio::test]
async fn a_report_counts_each_order_once() {
    let shop = TestShop::open().await;
    shop.order("ada@example.com").await;
    for expected in [1, 0] {
        let report = perform(nightly_report()).state(shop.shop.clone()).on(&shop.shop.queue).await;
        assert!(report.expect_finished().is_empty(), "it inserts nothing");
        let reports = shop.get("/reports").await.json::<Vec<Value>>().await.unwrap();
        assert_eq!(reports[0]["orders"], expected);
    }
}

#[tokio::test]
async fn a_report_that_is_committed_is_not_made_again_when_its_process_dies() {
    let shop = TestShop::open().await;
    let report = shop.shop.queue.insert(nightly_report()).await.unwrap();
    drain(&shop.shop.queue).state(shop.shop.clone()).middleware(Dies).await;
    let left = inserted(&shop.shop.queue).await;
    assert!(left.iter().all(|task| task.id != report.id), "{left:?}");
    assert_eq!(shop.get("/reports").await.json::<Vec<Value>>().await.unwrap().len(), 1);
}
