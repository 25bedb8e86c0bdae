//! Looks whose callers go away.

// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::panic)]

use fang_asynk::{AsyncBackend, AsyncQueue, NoTls};
use fang_core::QueueError;
use fang_core::store::Filter;
use fang_test_support::TestDatabase;
use std::time::{Duration, Instant};
use tokio_postgres::Client;

const AT_MOST: Duration = Duration::from_secs(20);
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// Waits until so many statements wait for a lock.
async fn wait_for(client: &Client, waiting: i64) {
    let began = Instant::now();
    while client.query_one(WAITING, &[]).await.unwrap().get::<_, i64>(0) != waiting {
        assert!(began.elapsed() < AT_MOST, "never were {waiting} statements waiting");
    }
}

/// Gives a call up once its statement waits.
async fn give_up<T>(client: &Client, call: impl Future<Output = Result<T, QueueError>>) {
    tokio::select! {
        biased;
        _ = call => panic!("the tables are locked"),
        () = wait_for(client, 1) => {}
    }
}

#[tokio::test]
async fn a_look_that_is_given_up_ends_at_the_server_and_keeps_no_connection() {
    let database = TestDatabase::create().await.unwrap();
    let queue = AsyncQueue::<NoTls>::builder().uri(database.uri()).max_pool_size(1_u32).build();
    queue.migrate().await.unwrap();
    let admin = queue.admin().unwrap();
    let (blocker, client) = (database.client().await.unwrap(), database.client().await.unwrap());
    blocker
        .batch_execute("BEGIN; LOCK TABLE fang_workers, fang_tasks IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    for is_of_tasks in [false, true] {
        match is_of_tasks {
            // A statement of its own, and one in a transaction.
            false => give_up(&client, admin.workers()).await,
            true => give_up(&client, admin.list(&Filter::default())).await,
        }
        // The only connection that the queue may open is free for it.
        tokio::time::timeout(AT_MOST, admin.now()).await.unwrap().unwrap();
        wait_for(&client, 0).await;
    }
}
