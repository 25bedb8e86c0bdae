//! Tables made by fang 0.9, 0.10 and 0.11 become those of this version, rows and all.

use crate::world::{PATIENCE, World, ear, heard, say};
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use fang_blocking::{WorkerPool, run_migrations_postgres};
use fang_core::{FangTaskState, Mode, NewTask, Priority, Queueable, Replace, Unique, unique};
use std::collections::HashSet;
use uuid::Uuid;

/// What differs between the tables of the old versions.
struct Version {
    labels: &'static str,
    columns: &'static str,
}

const V0_9: Version = Version {
    labels: "'new', 'in_progress', 'failed', 'finished'",
    columns: "task_type varchar NOT NULL DEFAULT 'common', uniq_hash char(64)",
};
const V0_10: Version = Version {
    labels: "'new', 'in_progress', 'failed', 'finished', 'retried'",
    columns: "task_type varchar NOT NULL DEFAULT 'common', uniq_hash char(64), retries integer NOT NULL DEFAULT 0",
};
const V0_11: Version = Version {
    labels: "'new', 'in_progress', 'failed', 'finished', 'retried'",
    columns: "task_type text NOT NULL DEFAULT 'common', uniq_hash text, retries integer NOT NULL DEFAULT 0",
};

fn create(world: &World, version: &Version) {
    let sql = format!(
        r#"CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
        CREATE TYPE fang_task_state AS ENUM ({labels});
        CREATE TABLE fang_tasks (
            id uuid PRIMARY KEY DEFAULT uuid_generate_v4(), metadata jsonb NOT NULL, error_message text,
            state fang_task_state NOT NULL DEFAULT 'new', {columns},
            scheduled_at timestamptz NOT NULL DEFAULT now(), created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now());
        CREATE INDEX fang_tasks_state_index ON fang_tasks (state);
        CREATE INDEX fang_tasks_type_index ON fang_tasks (task_type);
        CREATE INDEX fang_tasks_scheduled_at_index ON fang_tasks (scheduled_at);
        CREATE INDEX fang_tasks_uniq_hash ON fang_tasks (uniq_hash)"#,
        labels = version.labels,
        columns = version.columns,
    );
    world.run(&sql);
}

fn payload(text: &str) -> serde_json::Value {
    serde_json::json!({ "type": "Say", "text": text })
}

#[derive(QueryableByName)]
struct Inserted {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Inserts as the old version did: without a mode, the hash where the task was unique.
fn insert(world: &World, text: &str, state: &str, is_unique: bool, due_in_hours: i32) -> Uuid {
    let metadata = payload(text);
    let hash = is_unique.then(|| unique::hash(&metadata));
    let sql = format!(
        "INSERT INTO fang_tasks (metadata, state, uniq_hash, scheduled_at)
         VALUES ($1::jsonb, '{state}', $2, now() + {due_in_hours} * interval '1 hour') RETURNING id"
    );
    let query = sql_query(sql).bind::<Text, _>(metadata.to_string()).bind::<Nullable<Text>, _>(hash);
    query.get_result::<Inserted>(&mut *world.client.borrow_mut()).unwrap().id
}

fn upgrades(version: &Version) {
    let world = World::without_schema();
    create(&world, version);
    for text in ["waiting 1", "waiting 2"] {
        insert(&world, text, "new", false, 0);
    }
    let future = insert(&world, "future", "new", false, 24);
    let finished = insert(&world, "finished", "finished", true, 0);
    let failed = insert(&world, "failed", "failed", false, 0);
    let unique = insert(&world, "unique", "new", true, 24);
    // Nothing kept the old versions from this.
    let twin = insert(&world, "unique", "new", true, 24);

    run_migrations_postgres(&mut *world.client.borrow_mut()).unwrap();
    assert_eq!(world.queue.migrate().unwrap(), 0);
    let rows = world.number("SELECT count(*) FROM fang_tasks");
    assert_eq!(rows, 7, "no row is lost");
    let find = |id| world.queue.find_task_by_id(id).unwrap().unwrap();
    assert_eq!(find(failed).state, FangTaskState::Failed);
    assert_eq!(find(finished).state, FangTaskState::Finished);
    let twins = [find(unique), find(twin)].map(|task| task.uniq_hash.is_some());
    assert_eq!(twins, [true, false], "the older one stays the unique one");

    // A unique insert finds the one that waits since then.
    let again =
        NewTask::new(payload("unique").to_string(), "common".into(), Mode::Blocking).unique().unwrap();
    assert_eq!(world.queue.insert(again).unwrap().id, unique);
    // And one that may, changes it.
    let sooner = NewTask::new(payload("unique").to_string(), "common".into(), Mode::Blocking);
    let replacing = sooner.priority(Priority::High).unique_by(Unique::payload().replace(Replace::PRIORITY));
    assert_eq!(world.queue.insert(replacing).unwrap().id, unique);
    assert_eq!(find(unique).priority, Priority::High);

    let (sender, ear) = ear();
    let mut pool =
        WorkerPool::builder().number_of_workers(2_u32).queue(world.queue.clone()).state(sender).build();
    pool.start().unwrap();
    let ran: HashSet<String> = [heard(&ear), heard(&ear)].into();
    assert_eq!(ran, HashSet::from(["waiting 1".to_owned(), "waiting 2".to_owned()]));
    pool.shutdown(PATIENCE);
    assert_eq!((find(future).state, find(future).mode), (FangTaskState::New, Mode::Any));
    goes_back(&world, version);
}

/// And back: the old version finds its table again.
fn goes_back(world: &World, version: &Version) {
    world.queue.insert_task(&say("written by the new version")).unwrap();
    for migration in fang_postgres::migrations::POSTGRES[1..].iter().rev() {
        world.run(migration.down);
    }
    let columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'fang_tasks'";
    assert_eq!(world.number(columns), 10, "{}", version.columns);
    insert(world, "by the old version", "new", false, 0);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 7);
}

#[test]
fn a_table_of_0_9_is_upgraded_in_place() {
    upgrades(&V0_9);
}

#[test]
fn a_table_of_0_10_is_upgraded_in_place() {
    upgrades(&V0_10);
}

#[test]
fn a_table_of_0_11_is_upgraded_in_place() {
    upgrades(&V0_11);
}
