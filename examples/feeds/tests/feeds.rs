//! Runs the program as a user does.

#![allow(clippy::unwrap_used)]

use fang_test_support::TestDatabase;
use std::process::{Child, Command, Output, Stdio};
use tokio_postgres::Client;

/// The summary of the demo feeds 0 to 59. They contain five broken feeds, each for another cause, and no flaky one.
const SUMMARY_OF_60: [&str; 10] = [
    "55 synced, 0 of them after a retry",
    "5 failed",
    "1 HTTP 404: demo:11",
    "1 malformed: demo:22",
    "1 too large: demo:33",
    "1 too many redirects: demo:55",
    "1 wrong encoding: demo:44",
    "702 items, 702 of them new",
    "1404 deliveries: each item once to each subscriber",
    "702 digests: each item once",
];

fn feeds(database: &TestDatabase, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fang-example-feeds"))
        .args(arguments)
        .env("DATABASE_URL", database.uri())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for the end of the program on a blocking thread, since the runtime serves the connections of the test.
async fn output(child: Child) -> Output {
    tokio::task::spawn_blocking(|| child.wait_with_output()).await.unwrap().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[tokio::test]
async fn it_syncs_all_valid_feeds_and_names_the_causes_of_failures() {
    let database = TestDatabase::create().await.unwrap();
    let first = output(feeds(&database, &["--demo", "60"])).await;
    assert!(first.status.success(), "{}", text(&first));
    let lines: Vec<_> = text(&first).lines().map(|line| line.trim().to_owned()).collect();
    for line in SUMMARY_OF_60 {
        assert!(lines.iter().any(|printed| printed == line), "{line:?} is not in {lines:#?}");
    }

    // A second round finds no new items, and delivers no item twice.
    let second = output(feeds(&database, &["--demo", "60"])).await;
    assert!(second.status.success(), "{}", text(&second));
    assert!(text(&second).contains("702 items, 0 of them new"), "{}", text(&second));
    assert!(text(&second).contains("1404 deliveries"), "{}", text(&second));
    assert!(text(&second).contains("702 digests: each item once"), "{}", text(&second));
    assert!(text(&second).contains("0 tasks run on threads"), "{}", text(&second));
}

#[tokio::test]
async fn digest_tasks_wait_for_a_start_with_threads() {
    let database = TestDatabase::create().await.unwrap();
    let first = output(feeds(&database, &["--demo", "20", "--threads", "0"])).await;
    assert!(first.status.success(), "{}", text(&first));
    assert!(text(&first).contains("0 digests: 252 wait for threads"), "{}", text(&first));

    let second = output(feeds(&database, &["--demo", "20"])).await;
    assert!(second.status.success(), "{}", text(&second));
    assert!(
        text(&second).contains("0 feeds, 0 deliveries and 19 digest tasks were left"),
        "{}",
        text(&second)
    );
    assert!(text(&second).contains("252 digests: each item once"), "{}", text(&second));
}

#[tokio::test]
async fn killed_and_started_again_it_delivers_and_digests_each_item_once() {
    let database = TestDatabase::create().await.unwrap();
    let client = database.client().await.unwrap();
    let arguments = ["--demo", "200", "--lease-seconds", "2"];

    let mut killed = feeds(&database, &arguments);
    while count(&client, "fang_feeds.outbox").await < 100 || count(&client, "fang_feeds.digests").await < 100
    {
        assert!(killed.try_wait().unwrap().is_none(), "it ended too early: {}", text(&output(killed).await));
    }
    // Sends SIGKILL, so the program cannot release its tasks.
    killed.kill().unwrap();
    killed.wait().unwrap();
    // A claim by locks alone leaves no trace of the tasks that ran, so this counts those that had not ended.
    let alive = "fang_feeds.fang_tasks WHERE state NOT IN ('finished', 'failed')";
    assert!(count(&client, alive).await > 0, "all had ended when it was killed");

    let second = output(feeds(&database, &arguments)).await;
    assert!(second.status.success(), "{}", text(&second));
    assert!(text(&second).contains("Going on: "), "{}", text(&second));
    assert_each_item_is_delivered_once(&client).await;
    assert_each_item_is_digested_once(&client).await;
    assert_eq!(count(&client, alive).await, 0);
}

async fn assert_each_item_is_delivered_once(client: &Client) {
    let due = "
        SELECT feed_items.id, subscriber
        FROM fang_feeds.feed_items JOIN fang_feeds.subscriptions USING (feed)
        ORDER BY 1, 2";
    let delivered = "SELECT item, subscriber FROM fang_feeds.outbox ORDER BY 1, 2";
    let due = pairs(client, due).await;
    // 12 of the 200 feeds are broken for good. The others have 2374 items, each with two subscribers.
    assert_eq!(due.len(), 2 * 2374);
    assert_eq!(due, pairs(client, delivered).await);
}

async fn assert_each_item_is_digested_once(client: &Client) {
    let due = "SELECT id, sha256(convert_to(text, 'UTF8')) FROM fang_feeds.feed_items ORDER BY 1";
    let made = "SELECT item, sha256 FROM fang_feeds.digests WHERE cardinality(top_words) = 5 ORDER BY 1";
    let due = digests(client, due).await;
    assert_eq!(due.len(), 2374);
    assert_eq!(due, digests(client, made).await);
}

async fn digests(client: &Client, sql: &str) -> Vec<(i64, Vec<u8>)> {
    let rows = client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn pairs(client: &Client, sql: &str) -> Vec<(i64, i64)> {
    let rows = client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Counts rows. Returns 0 until the program has created the table.
async fn count(client: &Client, what: &str) -> i64 {
    let row = client.query_one(&format!("SELECT count(*) FROM {what}"), &[]).await;
    row.map_or(0, |row| row.get(0))
}
