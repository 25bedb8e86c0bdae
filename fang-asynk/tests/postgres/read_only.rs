//! The server takes no changes for a while: it has become a standby, or somebody told it so.

use crate::world::{Hold, Queue, World, ear, heard, say, until};
use fang_asynk::{AsyncQueue, AsyncWorkerPool};
use fang_core::{AsyncQueueable, NewTask, QueueError, StoreError};
use fang_test_support::{Cluster, Durability, Proxy};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Whatever is tried again meanwhile comes to fewer statements a second than this.
const CALM: i64 = 60;

const ENDED: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";
const REFUSED: &str = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()";

async fn is_read_only(queue: &Queue) -> bool {
    let refused = queue.insert_task(&say("refused")).await;
    matches!(refused, Err(QueueError::Store(StoreError::ReadOnly { .. })))
}

async fn inserts(queue: &Queue, text: &str) {
    until(async || queue.insert_task(&say(text)).await.is_ok()).await;
}

/// Connections that were opened meanwhile stay read-only for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_pool_goes_on_by_itself_once_its_database_takes_changes_again() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let hold = Hold(Arc::new(Semaphore::new(0)));
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(2_u32)
        .queue(world.queue.clone())
        .state(sender)
        .state(hold.clone())
        .build();
    pool.start().await.unwrap();
    let held = NewTask::asynk(&crate::world::Say { text: "held".to_owned(), hold: true }).unwrap();
    world.queue.insert(held).await.unwrap();
    assert_eq!(heard(&mut ear).await, "held");

    let database = world.database.name();
    let set = format!("ALTER DATABASE {database} SET default_transaction_read_only = on");
    world.client.batch_execute(&set).await.unwrap();
    world.number(ENDED).await;
    until(async || is_read_only(&world.queue).await).await;
    hold.0.add_permits(1);
    let before = world.number(REFUSED).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let refused = world.number(REFUSED).await - before;
    assert!(refused < 3 * CALM, "{refused} statements in 3 s");

    world.client.batch_execute(&format!("ALTER DATABASE {database} RESET ALL")).await.unwrap();
    inserts(&world.queue, "after").await;
    assert_eq!(heard(&mut ear).await, "after");
    until(async || world.number("SELECT count(*) FROM fang_tasks").await == 0).await;
    let report = pool.shutdown(Duration::from_secs(10)).await;
    assert_eq!((report.late_results, report.still_running), (0, 0));
    assert_eq!(world.number("SELECT count(*) FROM fang_workers").await, 1, "nobody died of it");
}

/// The old primary lives on, and so do the connections to it.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_fail_over_a_pool_leaves_the_old_primary_for_the_new_one() {
    let clusters = [Cluster::create(Durability::Fast).unwrap(), Cluster::create(Durability::Fast).unwrap()];
    let [old, new] = clusters.each_ref().map(|cluster| cluster.uri("postgres"));
    for uri in [&old, &new] {
        let queue: Queue = AsyncQueue::builder().uri(uri).max_pool_size(1_u32).build();
        queue.migrate().await.unwrap();
    }
    let proxy = Proxy::start(&old).unwrap();
    let queue: Queue = AsyncQueue::builder().uri(proxy.uri()).max_pool_size(1_u32).build();
    let (sender, mut ear) = ear();
    let mut pool =
        AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).state(sender).build();
    pool.start().await.unwrap();
    queue.insert_task(&say("before")).await.unwrap();
    assert_eq!(heard(&mut ear).await, "before");

    proxy.point_at(&new).unwrap();
    let (client, connection) = tokio_postgres::connect(&old, fang_asynk::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("ALTER SYSTEM SET default_transaction_read_only = on").await.unwrap();
    client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    // Each session learns of it in its own time.
    until(async || is_read_only(&queue).await).await;
    inserts(&queue, "after").await;
    while heard(&mut ear).await != "after" {}
    pool.shutdown(Duration::from_secs(10)).await;
    drop(pool);
    let left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fang'";
    until(async || client.query_one(left, &[]).await.unwrap().get::<_, i64>(0) == 0).await;
}
