//! Servers that become read-only: by a setting, or after a fail-over.

use crate::seam::{Mode, PATIENCE, Queue, World, holding, say, until};
use fang_asynk::NoTls;
use fang_core::{QueueError, StoreError};
use fang_test_support::{Cluster, Durability, Proxy};
use std::time::Duration;

crate::each_mode! {
    a_pool_goes_on_by_itself_once_its_database_takes_changes_again,
    after_a_fail_over_a_pool_leaves_the_old_primary_for_the_new_one,
}

crate::one_mode! {
    only_blocking, Blocking,
    a_pool_over_application_connections_goes_on_once_its_database_takes_changes_again,
}

/// The limit of failing statements per second while a pool retries.
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

/// Connections that are opened meanwhile stay read-only until they are closed.
async fn goes_on(world: &World, queue: &Queue) {
    let mut pool = queue.pool(2, &world.stage).start().await;
    queue.insert_task(&holding("held")).await.unwrap();
    assert_eq!(world.heard().await, "held");

    let database = world.database().name();
    let set = format!("ALTER DATABASE {database} SET default_transaction_read_only = on");
    world.run(&set).await;
    world.number(ENDED).await;
    until(async || is_read_only(queue).await).await;
    world.stage.open(1);
    let before = world.number(REFUSED).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let refused = world.number(REFUSED).await - before;
    assert!(refused < 3 * CALM, "{refused} statements in 3 s");

    world.run(&format!("ALTER DATABASE {database} RESET ALL")).await;
    inserts(queue, "after").await;
    assert_eq!(world.heard().await, "after");
    world.is_empty().await;
    let report = pool.shutdown(PATIENCE).await;
    assert_eq!((report.late_results, report.still_running), (0, 0));
    assert_eq!(world.number("SELECT count(*) FROM fang_workers").await, 1, "no worker was declared dead");
}

async fn a_pool_goes_on_by_itself_once_its_database_takes_changes_again(mode: Mode) {
    let world = World::postgres(mode).await;
    goes_on(&world, &world.queue).await;
}

async fn a_pool_over_application_connections_goes_on_once_its_database_takes_changes_again(mode: Mode) {
    for size in [1, 4] {
        let world = World::postgres(mode).await;
        goes_on(&world, &Mode::queue_over_application_pool(world.uri(), size)).await;
    }
}

/// The old primary goes on as a read-only server, and connections to it stay open.
async fn after_a_fail_over_a_pool_leaves_the_old_primary_for_the_new_one(mode: Mode) {
    let clusters = [Cluster::create(Durability::Fast).unwrap(), Cluster::create(Durability::Fast).unwrap()];
    let [old, new] = clusters.each_ref().map(|cluster| cluster.uri("postgres"));
    for uri in [&old, &new] {
        mode.queue(uri).migrate().await.unwrap();
    }
    let proxy = Proxy::start(&old).unwrap();
    let world = World::at(mode, proxy.uri());
    let mut pool = world.pool(1).start().await;
    world.queue.insert_task(&say("before")).await.unwrap();
    assert_eq!(world.heard().await, "before");

    proxy.point_at(&new).unwrap();
    let (client, connection) = tokio_postgres::connect(&old, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("ALTER SYSTEM SET default_transaction_read_only = on").await.unwrap();
    client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    // Each session reloads the setting at another time.
    until(async || is_read_only(&world.queue).await).await;
    inserts(&world.queue, "after").await;
    while world.heard().await != "after" {}
    pool.shutdown(PATIENCE).await;
    drop(pool);
    let left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fang'";
    until(async || client.query_one(left, &[]).await.unwrap().get::<_, i64>(0) == 0).await;
}
