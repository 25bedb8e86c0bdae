//! Upgrades of tables of fang 0.9, 0.10 and 0.11, with their rows.

use crate::seam::{Client, Mode, PATIENCE, World, say};
use fang_blocking::run_migrations_postgres;
use fang_core::{FangTaskState, NewTask, Priority, Replace, Unique, unique};
use std::collections::HashSet;
use tokio::task::block_in_place;
use uuid::Uuid;

crate::each_mode! {
    a_table_of_0_9_is_upgraded_in_place,
    a_table_of_0_10_is_upgraded_in_place,
    a_table_of_0_11_is_upgraded_in_place,
}

/// The differences between the tables of the old versions.
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

async fn create(world: &World, version: &Version) {
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
    world.run(&sql).await;
}

fn payload(text: &str) -> serde_json::Value {
    serde_json::json!({ "type": "Say", "text": text })
}

/// Inserts a task as the old version did: without a mode, and with a hash if it is unique.
async fn insert(world: &World, text: &str, state: &str, is_unique: bool, due_in_hours: i32) -> Uuid {
    let metadata = payload(text);
    let hash = is_unique.then(|| unique::hash(&metadata));
    let sql = format!(
        "INSERT INTO fang_tasks (metadata, state, uniq_hash, scheduled_at)
         VALUES ($1, '{state}', $2, now() + {due_in_hours} * interval '1 hour') RETURNING id"
    );
    world.client().query_one(&sql, &[&metadata, &hash]).await.unwrap().get(0)
}

async fn upgrades(mode: Mode, version: &Version) {
    let world = World::without_schema(mode).await;
    create(&world, version).await;
    for text in ["waiting 1", "waiting 2"] {
        insert(&world, text, "new", false, 0).await;
    }
    let future = insert(&world, "future", "new", false, 24).await;
    let finished = insert(&world, "finished", "finished", true, 0).await;
    let failed = insert(&world, "failed", "failed", false, 0).await;
    let unique = insert(&world, "unique", "new", true, 24).await;
    // The old versions allowed such duplicates.
    let twin = insert(&world, "unique", "new", true, 24).await;

    match world.connect().await {
        Client::Asynk(_) => assert!(world.queue.migrate().await.unwrap() > 0),
        Client::Blocking(mut client) => block_in_place(|| run_migrations_postgres(&mut client)).unwrap(),
    }
    assert_eq!(world.queue.migrate().await.unwrap(), 0);
    let rows = world.number("SELECT count(*) FROM fang_tasks").await;
    assert_eq!(rows, 7, "no row is lost");
    let find = async |id| world.queue.find_task_by_id(id).await.unwrap().unwrap();
    assert_eq!(find(failed).await.state, FangTaskState::Failed);
    assert_eq!(find(finished).await.state, FangTaskState::Finished);
    let twins = [find(unique).await, find(twin).await].map(|task| task.uniq_hash.is_some());
    assert_eq!(twins, [true, false], "the older one stays the unique one");

    // A unique insert finds the waiting task of the old version.
    let again =
        NewTask::new(payload("unique").to_string(), "common".into(), world.mode.of_rows()).unique().unwrap();
    assert_eq!(world.queue.insert(again).await.unwrap().id, unique);
    // An insert with `replace` changes that task.
    let sooner = NewTask::new(payload("unique").to_string(), "common".into(), world.mode.of_rows());
    let replacing = sooner.priority(Priority::High).unique_by(Unique::payload().replace(Replace::PRIORITY));
    assert_eq!(world.queue.insert(replacing).await.unwrap().id, unique);
    assert_eq!(find(unique).await.priority, Priority::High);

    // So does the function of SQL, whatever the type of the column is.
    world.run("BEGIN").await;
    for inserted in [1, 0] {
        let by_sql = "SELECT inserted::int::bigint FROM fang_insert_unique('Say', '{}', 'k')";
        assert_eq!(world.number(by_sql).await, inserted);
    }
    world.run("ROLLBACK").await;

    let mut pool = world.pool(2).start().await;
    let ran: HashSet<String> = [world.heard().await, world.heard().await].into();
    assert_eq!(ran, HashSet::from(["waiting 1".to_owned(), "waiting 2".to_owned()]));
    pool.shutdown(PATIENCE).await;
    assert_eq!(
        (find(future).await.state, find(future).await.mode),
        (FangTaskState::New, fang_core::Mode::Any)
    );
    goes_back(&world, version).await;
}

/// Runs the migrations down. The old version can use its table again.
async fn goes_back(world: &World, version: &Version) {
    world.queue.insert_task(&say("written by the new version")).await.unwrap();
    for migration in fang_postgres::migrations::POSTGRES[1..].iter().rev() {
        world.run(migration.down).await;
    }
    let columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'fang_tasks'";
    assert_eq!(world.number(columns).await, 10, "{}", version.columns);
    insert(world, "by the old version", "new", false, 0).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 7);
}

async fn a_table_of_0_9_is_upgraded_in_place(mode: Mode) {
    upgrades(mode, &V0_9).await;
}

async fn a_table_of_0_10_is_upgraded_in_place(mode: Mode) {
    upgrades(mode, &V0_10).await;
}

async fn a_table_of_0_11_is_upgraded_in_place(mode: Mode) {
    upgrades(mode, &V0_11).await;
}
