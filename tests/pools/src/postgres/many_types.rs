//! What pools of very many task types, and of all, cost the server, and how others see them.

use crate::seam::{How, Mode, PATIENCE, PoolBuilder, QUICK, World, collect_logs, logged_with};
use fang_test_support::{Cluster, Durability, TestDatabase};
use std::time::Duration;

crate::each_mode! {
    an_idle_pool_of_many_task_types_sends_at_most_one_statement_a_second,
    a_task_that_nobody_notified_of_is_found_among_ten_thousand_types,
    a_pool_of_all_task_types_serves_each_of_them,
    the_row_of_a_pool_of_ten_thousand_task_types_lists_some,
    lock_claims_drain_many_task_types,
}

fn named(n: usize) -> String {
    format!("customer {n:04}")
}

fn ten_thousand(world: &World) -> PoolBuilder {
    let names: Vec<String> = (0..10_000).map(named).collect();
    let types: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    world.pool(2).task_types(&types)
}

/// How many statements the server has run, without the one that each new session begins with.
async fn statements(world: &World) -> i64 {
    let calls = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND query NOT LIKE '%pg_stat_statements%' AND query NOT LIKE '%set_config%'";
    world.number(calls).await
}

/// A pool without work polls less and less often at first. Its beats count as well.
async fn an_idle_pool_of_many_task_types_sends_at_most_one_statement_a_second(mode: Mode) {
    const SECONDS: u64 = 7;
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let world = World::in_database(mode, database).await;
    world.run("CREATE EXTENSION pg_stat_statements").await;
    world.queue.migrate().await.unwrap();
    for pool in [ten_thousand(&world), world.pool(2).all_task_types()] {
        let before = statements(&world).await;
        let mut pool = pool.start().await;
        let at_start = statements(&world).await - before;
        assert!(at_start < 100, "{at_start} statements to start");
        // Some statements come every few seconds by chance, such as beats and counts.
        let mut sent = Vec::new();
        while sent.last().is_none_or(|last| *last > SECONDS as i64) {
            assert!(sent.len() < 10, "{sent:?} statements, each in {SECONDS} s");
            let before = statements(&world).await;
            tokio::time::sleep(Duration::from_secs(SECONDS)).await;
            sent.push(statements(&world).await - before);
        }
        pool.shutdown(PATIENCE).await;
    }
}

/// A program in another language may insert, and not notify.
async fn a_task_that_nobody_notified_of_is_found_among_ten_thousand_types(mode: Mode) {
    let world = World::postgres(mode).await;
    let _pools = [ten_thousand(&world).start().await];
    for task_type in [named(9_999), named(0)] {
        let task = world.of_type(&task_type, How::Succeed);
        world.queue.insert(task.delay(Duration::from_secs(3600))).await.unwrap();
        world.run("UPDATE fang_tasks SET scheduled_at = now() - interval '1 second'").await;
        assert_eq!(world.heard().await, task_type);
    }
}

async fn a_pool_of_all_task_types_serves_each_of_them(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    let waits = format!("waits for {mode:?}");
    world.queue.pause(&waits).await.unwrap();
    world.queue.insert(world.of_type(&waits, How::Succeed)).await.unwrap();
    world.run("UPDATE fang_tasks SET scheduled_at = now() - interval '2 minutes'").await;
    let mut pool = world.pool(1).all_task_types().lease(QUICK).start().await;
    let worker = world.queue.last_worker().await;
    assert!(worker.all_task_types && worker.task_types.is_empty());
    assert_eq!(worker.served(",", 10), "*");
    let types = world.queue.task_types().await.unwrap();
    assert_eq!(types[0].served_by, [worker.id]);
    world.run("UPDATE fang_queues SET paused_at = NULL").await;
    let found = world.queue.admin().unserved("", 100).await.unwrap();
    assert_eq!(found.unserved, []);
    assert_eq!(world.heard().await, waits);
    let described = logged_with(&[&format!("of worker {}", worker.id), "for all task types"]);
    assert!(described > 0);
    pool.shutdown(PATIENCE).await;
}

async fn the_row_of_a_pool_of_ten_thousand_task_types_lists_some(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = ten_thousand(&world).start().await;
    let worker = world.queue.last_worker().await;
    assert_eq!((worker.task_types.len(), worker.more_task_types), (1_000, 9_000));
    assert_eq!(worker.served(", ", 2), "customer 0000, customer 0001 and 9998 more");
    world.queue.insert(world.of_type("of others", How::Succeed)).await.unwrap();
    world.run("UPDATE fang_tasks SET scheduled_at = now() - interval '2 minutes'").await;
    let found = world.queue.admin().unserved("", 100).await.unwrap();
    assert_eq!(found.unserved, [], "it may be one of those that are not listed");
    pool.shutdown(PATIENCE).await;
    world.run("UPDATE fang_workers SET dead_at = now() - interval '2 minutes'").await;
    assert_eq!(world.queue.admin().unserved("", 100).await.unwrap().unserved.len(), 1);
}

/// Each task runs once, also those of types with more tasks than one claim takes.
async fn lock_claims_drain_many_task_types(mode: Mode) {
    let mut world = World::postgres(mode).await;
    let mut tasks = Vec::new();
    for n in 0..40 {
        let count = if n % 10 == 0 { 900 } else { 20 };
        tasks.extend((0..count).map(|_| world.of_type(&named(n), How::Succeed)));
    }
    let all = tasks.len();
    world.queue.insert_tasks(tasks).await.unwrap();
    let mut pool = world.pool(4).all_task_types().start().await;
    world.is_empty().await;
    pool.shutdown(PATIENCE).await;
    drop(pool);
    let told = world.told_to_the_end().await;
    let ids: std::collections::HashSet<_> = told.iter().map(|report| report.id).collect();
    assert_eq!((told.len(), ids.len()), (all, all));
}
