//! A server whose messages are in another language. Nothing may be decided by the text of a message. And a database in another
//! encoding.

use super::errors::{a_migration_waits_for_a_held_lock, errors};
use crate::seam::{Mode, Run, World, both, say};
use fang_core::{FangError, QueueError, StoreError};
use fang_test_support::{Cluster, TestDatabase};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

crate::each_mode! {
    a_missing_schema_is_found_in_any_language,
    a_lock_that_a_migration_waits_for_is_found_in_any_language,
    a_deadlock_is_repeated_in_any_language,
    a_refusal_and_a_server_that_is_down_are_told_apart_in_any_language,
    a_payload_comes_back_from_a_database_in_another_encoding,
}

/// LATIN1 has one byte for each `ä`, so it puts this key before the tag. serde takes only texts as keys there.
#[derive(Serialize, Deserialize)]
#[serde(tag = "abc", content = "ää")]
enum Abroad {
    Counts(BTreeMap<u64, u64>),
}

#[derive(Serialize, Deserialize)]
struct FromAbroad {
    abroad: Abroad,
}

impl FromAbroad {
    async fn does(&self, run: Run<'_>) -> Result<(), FangError> {
        let Abroad::Counts(counts) = &self.abroad;
        run.stage().tell(&format!("{counts:?}"), run.context());
        Ok(())
    }
}

both!(FromAbroad);

async fn a_payload_comes_back_from_a_database_in_another_encoding(mode: Mode) {
    let world = World::in_database(mode, TestDatabase::create_latin1().await.unwrap()).await;
    world.queue.migrate().await.unwrap();
    let _pool = world.pool(1).start().await;
    let task = FromAbroad { abroad: Abroad::Counts([(1, 2)].into()) };
    world.queue.insert_task(&task).await.unwrap();
    assert_eq!(world.heard().await, "{1: 2}");
}

async fn german(mode: Mode) -> (World, Cluster) {
    let cluster = Cluster::create_speaking("de").unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let world = World::in_database(mode, database).await;
    let error = world.client().batch_execute("SELECT * FROM nothing").await.unwrap_err();
    assert!(error.as_db_error().unwrap().message().contains("existiert nicht"), "{error:?}");
    (world, cluster)
}

async fn a_missing_schema_is_found_in_any_language(mode: Mode) {
    let (world, _cluster) = german(mode).await;
    let mut pool = world.pool(1).build();
    let many = (0..300).map(|_| world.new_task(&say("x"))).collect();
    let errors = [
        world.queue.insert_task(&say("x")).await.unwrap_err(),
        world.queue.insert_tasks(many).await.unwrap_err(),
        pool.start().await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, QueueError::Store(StoreError::NotMigrated { .. })), "{error:?}");
    }
}

async fn a_lock_that_a_migration_waits_for_is_found_in_any_language(mode: Mode) {
    let (world, _cluster) = german(mode).await;
    world.queue.migrate().await.unwrap();
    a_migration_waits_for_a_held_lock(&world).await;
}

/// Every first and second statement is the victim of a deadlock.
const DEADLOCKS: &str = "CREATE SEQUENCE tries;
    CREATE FUNCTION deadlock() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('tries') % 3 <> 0 THEN RAISE deadlock_detected; END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER deadlock BEFORE INSERT OR DELETE ON fang_tasks
        FOR EACH STATEMENT EXECUTE FUNCTION deadlock()";

async fn a_deadlock_is_repeated_in_any_language(mode: Mode) {
    let (world, _cluster) = german(mode).await;
    world.queue.migrate().await.unwrap();
    world.run(DEADLOCKS).await;
    world.queue.insert_task(&say("x")).await.unwrap();
    let many = (0..300).map(|_| world.new_task(&say("x"))).collect();
    world.queue.insert_tasks(many).await.unwrap();
    assert_eq!(world.queue.remove_all_tasks().await.unwrap(), 301);
}

async fn a_refusal_and_a_server_that_is_down_are_told_apart_in_any_language(mode: Mode) {
    let cluster = Cluster::create_speaking("de").unwrap();
    for error in errors(mode, &cluster.uri("no_such_database")).await {
        assert!(matches!(error, QueueError::Store(StoreError::Refused { .. })), "{error:?}");
    }
    let hba = cluster.data_dir().join("pg_hba.conf");
    std::fs::write(&hba, "local all all trust\n").unwrap();
    cluster.restart_immediate().unwrap();
    for error in errors(mode, &cluster.uri("postgres")).await {
        assert!(matches!(error, QueueError::Store(StoreError::Refused { .. })), "{error:?}");
    }
    cluster.stop_immediate().unwrap();
    for error in errors(mode, &cluster.uri("postgres")).await {
        assert!(matches!(error, QueueError::Store(StoreError::Unreachable { .. })), "{error:?}");
    }
}
