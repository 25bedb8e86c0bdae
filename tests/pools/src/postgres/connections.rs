//! The connections of a pool: what they are for, and what becomes of it when they are cut.

use crate::seam::{Mode, Options, PATIENCE, Queue, Stage, World, collect_logs, logged_with, say, until};
use fang_asynk::Lease;
use fang_core::{QueueError, StoreError};
use fang_test_support::{Cluster, TestDatabase};
use std::time::Duration;

crate::each_mode! {
    an_insert_by_another_process_wakes_a_pool_that_would_sleep_for_an_hour,
    tasks_inserted_while_no_pool_listened_are_found_once_a_pool_listens_again,
    a_pool_whose_connections_were_killed_goes_on,
    a_server_without_connections_left_is_told_with_what_the_program_opens,
    tasks_that_hold_every_connection_of_the_application_do_not_stop_the_pool,
}

crate::one_mode! {
    only_blocking, Blocking,
    a_pool_over_the_connections_of_the_application_goes_on_when_they_were_killed,
    a_connection_that_was_killed_while_nobody_used_it_is_replaced_unnoticed,
}

/// The sessions of the hearts of pools, by their last statement.
const HEARTS: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR query ~ 'beat_at|INTO fang_workers')";

/// Ends all sessions, waits until they are gone, and counts them.
const KILL: &str = "SELECT count(pg_terminate_backend(pid, 30000)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// Requests for locks in this database that wait.
const BLOCKED: &str = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE datname = current_database() AND NOT granted";

/// Ends all sessions of a pool that has its heart, as those before are gone.
async fn kill_with_the_heart(world: &World) {
    world.until_number(HEARTS, 1).await;
    world.number(KILL).await;
}

/// Other tests of this process count too. All but that of the other mode have no thousand.
async fn a_server_without_connections_left_is_told_with_what_the_program_opens(mode: Mode) {
    let settings = "max_connections = 5\nmax_wal_senders = 0\nsuperuser_reserved_connections = 0\n";
    let cluster = Cluster::create_with(settings).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let mut all = Vec::new();
    while let Ok(client) = database.client().await {
        all.push(client);
    }
    let queue = mode.queue_with(database.uri(), &Options { max_pool_size: 1000, ..Options::default() });
    let error = queue.insert_task(&say("one")).await.unwrap_err();
    let QueueError::Store(StoreError::TooManyConnections { wanted, .. }) = error else {
        panic!("{error}");
    };
    // The test of the other mode may run meanwhile.
    assert!((1000..3000).contains(&wanted), "{wanted}");
    // A pool waits for one.
    collect_logs();
    let told = ["a pool that starts waits up to 60 s for a connection for a look at the tables"];
    let before = logged_with(&told);
    let mut pool = queue.pool(1, &Stage::new(database.uri()).0).build();
    let starting = tokio::spawn(async move {
        let started = pool.start().await;
        (started, pool)
    });
    until(async || logged_with(&told) > before).await;
    all.clear();
    until(async || queue.migrate().await.is_ok()).await;
    queue.insert_task(&say("one")).await.unwrap();
    let (started, mut pool) = starting.await.unwrap();
    assert!(
        matches!(started, Ok(()) | Err(QueueError::Store(StoreError::NotMigrated { .. }))),
        "{started:?}"
    );
    pool.shutdown(PATIENCE).await;
}

fn small(world: &World) -> Queue {
    world.mode.queue_with(world.uri(), &Options { max_pool_size: 1, ..Options::default() })
}

async fn an_insert_by_another_process_wakes_a_pool_that_would_sleep_for_an_hour(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(2).asleep().start().await;
    let elsewhere = small(&world);
    // The first may be met by the claim at the start; the second finds the pool asleep.
    for text in ["one", "two"] {
        elsewhere.insert_task(&say(text)).await.unwrap();
        assert_eq!(world.heard().await, text);
        world.quiet().await;
    }
    pool.shutdown(PATIENCE).await;
}

async fn tasks_inserted_while_no_pool_listened_are_found_once_a_pool_listens_again(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(2).asleep().start().await;
    let elsewhere = small(&world);
    elsewhere.insert_task(&say("before")).await.unwrap();
    assert_eq!(world.heard().await, "before");
    kill_with_the_heart(&world).await;
    until(async || elsewhere.insert_task(&say("meanwhile")).await.is_ok()).await;
    assert_eq!(world.heard().await, "meanwhile");
    pool.shutdown(PATIENCE).await;
}

/// Kills all connections again and again.
async fn goes_on(world: &World, queue: &Queue) {
    let lease = Lease { beat_every: Duration::from_millis(50), ..Lease::default() };
    let mut pool = queue.pool(2, &world.stage).lease(lease).start().await;
    for round in 0..5 {
        kill_with_the_heart(world).await;
        let text = round.to_string();
        until(async || queue.insert_task(&say(&text)).await.is_ok()).await;
        assert_eq!(world.heard().await, text);
    }
    world.until_number(HEARTS, 1).await;
    let report = pool.shutdown(PATIENCE).await;
    assert_eq!((report.still_running, report.late_results), (0, 0));
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
}

async fn a_pool_whose_connections_were_killed_goes_on(mode: Mode) {
    let world = World::postgres(mode).await;
    goes_on(&world, &world.queue).await;
}

async fn a_pool_over_the_connections_of_the_application_goes_on_when_they_were_killed(mode: Mode) {
    let world = World::postgres(mode).await;
    goes_on(&world, &Mode::queue_over_application_pool(world.uri(), 4)).await;
}

/// A look at the socket shows it; the application is not told of it.
async fn a_connection_that_was_killed_while_nobody_used_it_is_replaced_unnoticed(mode: Mode) {
    let world = World::postgres(mode).await;
    for round in 0..5 {
        world.queue.insert_task(&say(&round.to_string())).await.unwrap();
        assert_eq!(world.number(KILL).await, 1, "the calls share one");
        // The server forgets a connection a moment before it closes the socket.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    world.queue.insert_task(&say("last")).await.unwrap();
}

async fn tasks_that_hold_every_connection_of_the_application_do_not_stop_the_pool(mode: Mode) {
    let world = World::postgres(mode).await;
    let one = small(&world);
    let mut pool = one.pool(2, &world.stage).asleep().build();
    one.insert_task(&say("free")).await.unwrap();
    // The only connection is taken by a lock that waits; the engine has its own.
    world.run("BEGIN; LOCK TABLE fang_crons IN ACCESS EXCLUSIVE MODE").await;
    let blocked = tokio::spawn(async move { one.remove_tasks_of_type("nobody").await });
    world.until_number(BLOCKED, 1).await;
    let started = tokio::spawn(async move {
        pool.start().await.unwrap();
        pool
    });
    // Starting looks at the schema through the application's connection.
    world.run("COMMIT").await;
    blocked.await.unwrap().unwrap();
    let _pool = started.await.unwrap();
    assert_eq!(world.heard().await, "free");
}
