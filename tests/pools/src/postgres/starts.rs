//! More pools than the server has connections, and other programs that take them.

use crate::seam::{Mode, Options, PATIENCE, World, collect_logs, logged_with, say};
use fang_core::StoreError;
use fang_core::store::{Report, Store, WorkerId};
use fang_test_support::{Cluster, TestDatabase};
use futures_util::future::{join_all, try_join_all};
use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

crate::each_mode! {
    more_pools_than_the_server_has_connections_start_together_and_all_run_tasks,
    a_refused_connection_costs_a_pool_that_of_its_heart_only_where_pools_fill_the_server,
}

const POOLS: usize = 20;
const SETTINGS: &str = "max_connections = 17\nmax_wal_senders = 0\n";

/// Each pool has a queue of its own, as in a process of its own, and serves a task type of its own.
async fn more_pools_than_the_server_has_connections_start_together_and_all_run_tasks(mode: Mode) {
    collect_logs();
    let cluster = Cluster::create_with(SETTINGS).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let world = World::in_database(mode, database).await;
    world.queue.migrate().await.unwrap();
    let tasks = (0..POOLS).map(|n| world.new_task(&say(&n.to_string())).task_type(n.to_string()));
    world.queue.insert_tasks(tasks.collect()).await.unwrap();
    let starts = (0..POOLS).map(|n| {
        let queue = mode.queue_with(world.uri(), &Options { max_pool_size: 1, ..Options::default() });
        let mut pool = queue.pool(1, &world.stage).task_type(&n.to_string()).build();
        let started = tokio::spawn(async move { pool.start().await.map(|()| pool) });
        async { started.await.unwrap() }
    });
    // The error of a pool that cannot start tells more than a task that nobody hears of.
    let all_started = async { try_join_all(starts).await.unwrap() };
    let all_heard = async {
        let mut heard = HashSet::new();
        while heard.len() < POOLS {
            heard.insert(world.heard().await);
        }
    };
    let (pools, ()) = tokio::join!(all_started, all_heard);
    assert!(logged_with(&["a pool that starts waits up to", "max_connections"]) > 0);
    let stops = pools.into_iter().map(|mut pool| tokio::spawn(async move { pool.shutdown(PATIENCE).await }));
    join_all(stops).await;
}

/// How many workers say that they have a lock, and how many have one.
const SAID: &str = "SELECT count(*) FROM fang_workers WHERE session IS NOT NULL";
const LOCKS: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";

async fn locks(world: &World) -> (i64, i64) {
    (world.number(SAID).await, world.number(LOCKS).await)
}

/// A store over diesel blocks its thread.
async fn apart<T: Send + 'static>(call: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(call)).await.unwrap()
}

async fn beats(store: &Arc<dyn Store>, worker: WorkerId) {
    let store = store.clone();
    let beat = async move { store.heartbeat(worker, Duration::from_secs(30), &Report::default()).await };
    apart(beat).await.unwrap();
}

/// Asks for a connection of the engine on a full server.
async fn is_refused(store: &Arc<dyn Store>, worker: WorkerId) {
    let store = store.clone();
    let outcome = apart(async move { store.suspect(worker, Uuid::nil(), 1).await }).await;
    assert!(matches!(outcome, Err(StoreError::TooManyConnections { .. })), "{outcome:?}");
}

async fn a_refused_connection_costs_a_pool_that_of_its_heart_only_where_pools_fill_the_server(mode: Mode) {
    let settings = "max_connections = 8\nmax_wal_senders = 0\nsuperuser_reserved_connections = 0\n";
    let cluster = Cluster::create_with(settings).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let world = World::in_database(mode, database).await;
    world.queue.migrate().await.unwrap();
    let store = world.queue.engine();
    let registers = store.clone();
    let worker = apart(async move { registers.register("{}").await }).await.unwrap();
    beats(&store, worker).await;
    let mut others = Vec::new();
    while let Ok(client) = world.database().client().await {
        others.push(client);
    }
    is_refused(&store, worker).await;
    assert_eq!(locks(&world).await, (1, 1));
    beats(&store, worker).await;
    assert_eq!(locks(&world).await, (1, 1));
    world.run("INSERT INTO fang_workers (info) SELECT '{}' FROM generate_series(1, 3)").await;
    beats(&store, worker).await;
    assert_eq!(locks(&world).await, (1, 1));
    is_refused(&store, worker).await;
    // The connection may only go once the worker no longer says that it has a lock. The server notices an end a moment later.
    for _ in 0..50 {
        assert!(world.database().client().await.is_err());
    }
    assert_eq!(locks(&world).await, (1, 1));
    beats(&store, worker).await;
    assert_eq!(world.number(SAID).await, 0);
    world.until_number(LOCKS, 0).await;
}
