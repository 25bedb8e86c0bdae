//! Migrations of the schema.

use crate::seam::{Client, Mode, PATIENCE, QUICK, Queue, World, collect_logs, logged_with, say, until};
use fang_asynk::{AsyncQueue, NoTls};
use fang_blocking::run_migrations_postgres;
use fang_postgres::migrations;
use fang_test_support::triggers::NO_LIMIT_FOR_CHANGES;
use futures_util::future::try_join_all;
use tokio::task::block_in_place;

crate::each_mode! {
    an_empty_database_gets_all_migrations_once,
    eight_processes_that_start_at_once_migrate_once,
    the_files_can_be_run_by_hand_up_and_down_and_up_again,
    a_schema_one_migration_ahead_works_and_two_ahead_is_refused,
    a_migration_has_no_statement_timeout,
    a_dump_without_data_is_restored_and_works,
    lost_bookkeeping_is_found_out_from_the_tables,
    a_running_pool_puts_the_lost_row_of_the_bookkeeping_back,
}

crate::one_mode! {
    only_asynk, Asynk,
    connect_migrates_when_it_was_told_to,
}

crate::one_mode! {
    only_blocking, Blocking,
    the_application_migrates_over_a_connection_of_its_own,
}

async fn an_empty_database_gets_all_migrations_once(mode: Mode) {
    let world = World::without_schema(mode).await;
    assert_eq!(world.queue.migrate().await.unwrap(), migrations::POSTGRES.len());
    assert_eq!(world.queue.migrate().await.unwrap(), 0);
    assert_eq!(world.number("SELECT version::bigint FROM fang_meta").await, i64::from(migrations::VERSION));
}

async fn connect_migrates_when_it_was_told_to(mode: Mode) {
    let world = World::without_schema(mode).await;
    let connect = async |migrate| {
        let builder = AsyncQueue::builder().uri(world.uri()).max_pool_size(1_u32);
        let mut queue = builder.migrate_at_connect(migrate).build();
        queue.connect(NoTls).await.unwrap();
        Queue::Asynk(queue).admin().check().await.is_ok()
    };
    assert!(!connect(false).await);
    assert!(connect(true).await);
}

async fn the_application_migrates_over_a_connection_of_its_own(mode: Mode) {
    let world = World::without_schema(mode).await;
    let Client::Blocking(mut client) = world.connect().await else { panic!("of diesel") };
    for _ in 0..2 {
        block_in_place(|| run_migrations_postgres(&mut client)).unwrap();
    }
    assert_eq!(world.queue.migrate().await.unwrap(), 0);
    assert_eq!(world.number("SELECT version::bigint FROM fang_meta").await, i64::from(migrations::VERSION));
}

async fn eight_processes_that_start_at_once_migrate_once(mode: Mode) {
    let world = World::without_schema(mode).await;
    let starts = (0..8).map(|_| {
        let queue = mode.queue(world.uri());
        tokio::spawn(async move { queue.migrate().await.unwrap() })
    });
    let steps: usize = try_join_all(starts).await.unwrap().iter().sum();
    assert_eq!(steps, migrations::POSTGRES.len());
}

async fn the_files_can_be_run_by_hand_up_and_down_and_up_again(mode: Mode) {
    let world = World::without_schema(mode).await;
    for _ in 0..2 {
        for migration in migrations::POSTGRES {
            world.run(migration.up).await;
        }
        assert_eq!(world.queue.migrate().await.unwrap(), 0);
        for migration in migrations::POSTGRES.iter().rev() {
            world.run(migration.down).await;
        }
        let left = "SELECT count(*) FROM pg_class WHERE relname LIKE 'fang%'";
        assert_eq!(world.number(left).await, 0);
        assert_eq!(world.number("SELECT count(*) FROM pg_type WHERE typname LIKE 'fang%'").await, 0);
    }
}

async fn a_schema_one_migration_ahead_works_and_two_ahead_is_refused(mode: Mode) {
    let world = World::postgres(mode).await;
    let store = world.queue.admin();
    let set = async |version: i32| {
        world.run(&format!("UPDATE fang_meta SET version = {version}")).await;
        store.check().await
    };
    assert!(set(migrations::VERSION + 1).await.is_ok());
    assert!(set(migrations::VERSION + 2).await.unwrap_err().to_string().contains("too new"));
    assert!(set(migrations::VERSION - 1).await.unwrap_err().to_string().contains("too old"));
}

/// Other statements have a timeout of 30 s on the connections of the library. A migration has none, since creating
/// an index on a large table takes longer.
async fn a_migration_has_no_statement_timeout(mode: Mode) {
    let world = World::without_schema(mode).await;
    world.run(NO_LIMIT_FOR_CHANGES).await;
    assert_eq!(world.queue.migrate().await.unwrap(), migrations::POSTGRES.len());
}

/// The version of the schema that the database has recorded.
const VERSION: &str = "SELECT version::bigint FROM fang_meta";

async fn a_dump_without_data_is_restored_and_works(mode: Mode) {
    let world = World::postgres(mode).await;
    let restored = world.restored(&["--schema-only"]).await;
    let world = World::in_database(mode, restored).await;
    assert!(world.queue.admin().check().await.is_ok(), "the tables are there");
    assert_eq!(world.queue.migrate().await.unwrap(), 0);
    assert_eq!(world.number(VERSION).await, i64::from(migrations::VERSION));
    let mut pool = world.pool(1).lease(QUICK).start().await;
    world.queue.insert_task(&say("restored")).await.unwrap();
    assert_eq!(world.heard().await, "restored");
    pool.shutdown(PATIENCE).await;
}

async fn lost_bookkeeping_is_found_out_from_the_tables(mode: Mode) {
    let world = World::postgres(mode).await;
    for lose in ["TRUNCATE fang_meta", "DROP TABLE fang_meta", "UPDATE fang_meta SET version = 1"] {
        world.run(lose).await;
        assert_eq!(world.queue.migrate().await.unwrap(), 0, "{lose}");
        assert_eq!(world.number(VERSION).await, i64::from(migrations::VERSION), "{lose}");
    }
}

async fn a_running_pool_puts_the_lost_row_of_the_bookkeeping_back(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    let told = logged_with(&["fang_meta was missing"]);
    world.run("TRUNCATE fang_meta").await;
    world.until_number("SELECT count(*) FROM fang_meta", 1).await;
    assert_eq!(world.number(VERSION).await, i64::from(migrations::VERSION));
    // The tables may be of the next version already.
    let next = i64::from(migrations::VERSION) + 1;
    world
        .run(&format!("ALTER TABLE fang_meta ALTER COLUMN version SET DEFAULT {next}; TRUNCATE fang_meta"))
        .await;
    world.until_number("SELECT count(*) FROM fang_meta", 1).await;
    assert_eq!(world.number(VERSION).await, next);
    until(async || logged_with(&["fang_meta was missing"]) > told).await;
    // A worker that died before is declared dead now.
    world.run("INSERT INTO fang_workers (info) VALUES ('{}')").await;
    world.until_number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL", 1).await;
    pool.shutdown(PATIENCE).await;
}
