//! A queue in a schema of its own.

use super::rights::{named_role, with_roles, without_roles};
use crate::seam::{Mode, Options, PATIENCE, Queue, World, inserts, say};
use fang_core::{QueueError, StoreError, Unique};
use fang_postgres::migrations::VERSION;
use std::time::Duration;
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(60 * 60);

crate::each_mode! {
    a_queue_works_in_a_schema_of_any_name,
    an_invalid_schema_name_is_refused,
    a_role_without_rights_on_the_database_migrates_its_own_schema,
    a_role_that_may_not_use_a_schema_of_the_search_path_is_told_so,
    the_rights_in_the_guide_are_enough_to_work_and_to_insert,
}

pub(super) fn named(world: &World, schema: &'static str) -> Queue {
    let options = Options { max_pool_size: 2, schema: Some(schema), ..Options::default() };
    world.mode.queue_with(world.uri(), &options)
}

async fn a_queue_works_in_a_schema_of_any_name(mode: Mode) {
    let world = World::without_schema(mode).await;
    for name in ["fang_own", "it's \"odd\""] {
        let queue = named(&world, name);
        assert!(queue.migrate().await.unwrap() > 0);
        assert_eq!(queue.admin().schema_version().await.unwrap(), Some(VERSION));
        let mut pool = queue.pool(1, &world.stage).start().await;
        queue.insert_task(&say(name)).await.unwrap();
        assert_eq!(world.heard().await, name);
        pool.shutdown(PATIENCE).await;
        // The sequence of the worker ids and the row of the bookkeeping are put right.
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        world
            .run(&format!("TRUNCATE {quoted}.fang_meta; ALTER SEQUENCE {quoted}.fang_workers_id_seq RESTART"))
            .await;
        queue.migrate().await.unwrap();
        assert_eq!(queue.admin().schema_version().await.unwrap(), Some(VERSION));
        queue.pool(1, &world.stage).start().await.shutdown(PATIENCE).await;
        // This many tasks are inserted by COPY.
        queue.insert_tasks(vec![world.new_task(&say("many")); 500]).await.unwrap();
        assert_eq!(queue.count_tasks().await.unwrap()[0].tasks, 500);
        let elsewhere = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relname LIKE 'fang%'";
        assert_eq!(world.number(elsewhere).await, 0);
    }
}

async fn an_invalid_schema_name_is_refused(mode: Mode) {
    let world = World::without_schema(mode).await;
    let queue = named(&world, "a\nb");
    let error = queue.migrate().await.unwrap_err();
    assert!(matches!(error, QueueError::Store(StoreError::Schema { .. })), "{error:?}");
}

/// A queue in the schema `jobs` whose connections have the rights of a role.
pub(super) fn with_role(world: &World, role: &str) -> Queue {
    let options = Options { max_pool_size: 2, schema: Some("jobs"), ..Options::default() };
    let before = if world.uri().contains('?') { '&' } else { '?' };
    world.mode.queue_with(&format!("{}{before}options=-c%20role%3D{role}", world.uri()), &options)
}

/// The owner of the schema migrates. Another role, which may only read, sees that nothing is left to do.
async fn a_role_without_rights_on_the_database_migrates_its_own_schema(mode: Mode) {
    let world = World::without_schema(mode).await;
    let [owner, reader] = ["owner", "reader"].map(|name| format!("{}_{name}", world.database().name()));
    let roles =
        format!("CREATE ROLE {owner}; CREATE ROLE {reader}; CREATE SCHEMA jobs AUTHORIZATION {owner}");
    world.run(&roles).await;
    assert!(with_role(&world, &owner).migrate().await.unwrap() > 0);
    let grant = format!("GRANT USAGE ON SCHEMA jobs TO {reader}; GRANT SELECT ON jobs.fang_meta TO {reader}");
    world.run(&grant).await;
    assert_eq!(with_role(&world, &reader).migrate().await.unwrap(), 0);
    let error = with_role(&world, &reader).insert_task(&say("no")).await.unwrap_err();
    assert!(error.to_string().contains("permission denied"), "{error}");
    world.run(&format!("DROP SCHEMA jobs CASCADE; DROP ROLE {owner}, {reader}")).await;
}

/// A queue without a schema of its own, whose connections have the rights and the search path of a role.
fn over_path(world: &World, role: &str, path: &str) -> Queue {
    let options = Options { max_pool_size: 2, ..Options::default() };
    let before = if world.uri().contains('?') { '&' } else { '?' };
    let settings = format!("options=-c%20role%3D{role}%20-c%20search_path%3D{path}");
    world.mode.queue_with(&format!("{}{before}{settings}", world.uri()), &options)
}

#[track_caller]
fn is_told(error: &QueueError, grant: &str) {
    let error = error.to_string();
    assert!(error.contains("permission denied for schema jobs") && error.contains(grant), "{error}");
    assert!(!error.contains("migrate"), "{error}");
}

/// The server leaves such a schema out of the search path without a word, so the tables seem to be missing.
async fn a_role_that_may_not_use_a_schema_of_the_search_path_is_told_so(mode: Mode) {
    let world = World::without_schema(mode).await;
    let role = named_role(world.database(), "poor");
    world.run(&format!("CREATE ROLE {role}; CREATE SCHEMA jobs")).await;
    let says = |error, rights| is_told(&error, &format!("GRANT {rights} ON SCHEMA jobs TO {role}"));
    let queue = over_path(&world, &role, "nowhere,jobs");
    says(queue.migrate().await.unwrap_err(), "USAGE, CREATE");
    named(&world, "jobs").migrate().await.unwrap();
    says(queue.migrate().await.unwrap_err(), "USAGE");
    says(queue.insert_task(&say("no")).await.unwrap_err(), "USAGE");
    says(queue.insert_tasks(vec![world.new_task(&say("no")); 500]).await.unwrap_err(), "USAGE");
    says(queue.depths().await.unwrap_err(), "USAGE");
    says(queue.pool(1, &world.stage).build().start().await.unwrap_err(), "USAGE");
    world.run(&format!("CREATE SCHEMA spare; GRANT ALL ON SCHEMA spare TO {role}")).await;
    says(over_path(&world, &role, "jobs,spare").migrate().await.unwrap_err(), "USAGE");
    assert_eq!(
        world.number("SELECT count(*) FROM pg_class WHERE relnamespace = 'spare'::regnamespace").await,
        0
    );
    world.run(&format!("DROP SCHEMA jobs, spare CASCADE; DROP ROLE {role}")).await;
}

async fn the_rights_in_the_guide_are_enough_to_work_and_to_insert(mode: Mode) {
    let world = with_roles(mode).await;
    let [worker, producer] = ["worker", "producer"].map(|role| named_role(world.database(), role));

    let queue = with_role(&world, &producer);
    queue.insert_task(&say("from a producer")).await.unwrap();
    inserts!(queue, &say("once"), .unique_by(Unique::key("a").within(HOUR))).unwrap();
    queue.insert_tasks(vec![world.new_task(&say("many")).task_type("others"); 500]).await.unwrap();
    assert!(queue.cancel_task(Uuid::nil()).await.unwrap_err().to_string().contains("permission denied"));

    let mut pool = with_role(&world, &worker).pool(1, &world.stage).start().await;
    assert_eq!(world.heard().await, "from a producer");
    pool.shutdown(PATIENCE).await;
    without_roles(&world).await;
}
