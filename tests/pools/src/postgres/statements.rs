//! How many statements each step of a task costs.

use crate::seam::{Mode, Options, QUICK, Rival, World, say};
use fang_core::store::{Finish, Verdict};
use fang_test_support::{Cluster, Durability, TestDatabase};
use std::collections::BTreeMap;

crate::one_mode! {
    asynk, Asynk,
    each_step_of_a_task_is_one_statement,
}

crate::one_mode! {
    errors, Asynk,
    failures_are_found_behind_thousands_of_tasks_that_finished,
}

crate::one_mode! {
    blocking, Blocking,
    each_step_of_a_task_is_one_statement,
}

/// How many statements of others the server has run, without the one that each new session begins with.
async fn statements(world: &World) -> i64 {
    let calls = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND query NOT LIKE '%pg_stat_statements%' AND query NOT LIKE '%set_config%'";
    world.number(calls).await
}

/// How often each step is measured. The first time new connections prepare it: the cheapest round counts.
const ROUNDS: usize = 4;

/// Ten of each. On a busy machine a further statement comes now and then; a second one for each would make it twenty.
async fn each_step_of_a_task_is_one_statement(mode: Mode) {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let mut world = World::in_database(mode, database).await;
    world.run("CREATE EXTENSION pg_stat_statements").await;
    world.queue.migrate().await.unwrap();
    world.queue = mode.queue_with(world.uri(), &Options { notify: false, ..Options::default() });
    let rival = Rival::new(&world.queue).await;
    let mut cheapest = BTreeMap::new();
    for _ in 0..ROUNDS {
        let mut before = statements(&world).await;
        let mut cost = async |step| {
            let now = statements(&world).await;
            let cost = now - std::mem::replace(&mut before, now);
            cheapest.entry(step).and_modify(|least: &mut i64| *least = cost.min(*least)).or_insert(cost);
        };
        for _ in 0..10 {
            assert_eq!(rival.claim(10, false).await.len(), 0);
        }
        cost("an idle claim").await;
        for _ in 0..10 {
            assert_eq!(rival.claim_and_look_ahead(10).await, (0, None));
        }
        cost("an idle claim that tells of the next task").await;
        for _ in 0..10 {
            assert!(rival.is_alive(QUICK.dead_after).await);
        }
        cost("a beat").await;
        for started in 0..10 {
            rival.tells(started).await;
        }
        cost("a beat that tells").await;
        for _ in 0..10 {
            world.queue.insert_task(&say("one")).await.unwrap();
        }
        cost("an insert").await;
        let mut claimed = Vec::new();
        for _ in 0..10 {
            claimed.extend(rival.claim(1, false).await);
        }
        cost("a claim").await;
        for task in claimed {
            let result = Finish { id: task.id, lease: task.lease, verdict: Verdict::Remove, keep: None };
            assert_eq!(rival.finish(&[result]).await, 1);
        }
        cost("a result").await;
    }
    let is_one_each = |cost: &i64| (10..15).contains(cost);
    assert!(cheapest.values().all(is_one_each), "statements for ten of each: {cheapest:?}");
}

/// Also if too many of these finished at one instant, but then the groups may not be all.
async fn failures_are_found_behind_thousands_of_tasks_that_finished(mode: Mode) {
    let world = World::postgres(mode).await;
    world
        .run(
            "INSERT INTO fang_tasks (metadata, state, updated_at, error_message)
            SELECT '{}', CASE WHEN n > 9000 THEN 'failed' ELSE 'finished' END::fang_task_state,
                now() - n * interval '1 second', 'no ' || n
            FROM generate_series(1, 9010) n",
        )
        .await;
    let errors = world.queue.admin().errors().await.unwrap();
    assert_eq!((errors.looked, errors.seen, errors.is_all), (10, 9010, true));
    assert_eq!((errors.groups.len(), errors.groups[0].tasks), (1, 10));
    world.run("UPDATE fang_tasks SET updated_at = now() WHERE state = 'finished'").await;
    let errors = world.queue.admin().errors().await.unwrap();
    assert_eq!((errors.looked, errors.is_all), (10, false));
}
