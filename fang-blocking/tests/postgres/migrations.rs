use crate::world::World;
use fang_blocking::{Backend, Queue, block_on, run_migrations_postgres};
use fang_postgres::migrations;
use fang_test_support::triggers::NO_LIMIT_FOR_CHANGES;
use std::thread;

#[test]
fn an_empty_database_gets_all_steps_once() {
    let world = World::without_schema();
    assert_eq!(world.queue.migrate().unwrap(), migrations::POSTGRES.len());
    assert_eq!(world.queue.migrate().unwrap(), 0);
    assert_eq!(world.number("SELECT version::bigint FROM fang_meta"), i64::from(migrations::VERSION));
}

#[test]
fn the_application_migrates_over_a_connection_of_its_own() {
    let world = World::without_schema();
    for _ in 0..2 {
        run_migrations_postgres(&mut *world.client.borrow_mut()).unwrap();
    }
    assert_eq!(world.queue.migrate().unwrap(), 0);
    assert_eq!(world.number("SELECT version::bigint FROM fang_meta"), i64::from(migrations::VERSION));
}

#[test]
fn eight_processes_that_start_at_once_migrate_once() {
    let world = World::without_schema();
    let uri = world.database.uri();
    let steps: usize = thread::scope(|scope| {
        let start = || Queue::builder().uri(uri).max_pool_size(1_u32).build().migrate().unwrap();
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        starts.into_iter().map(|start| start.join().unwrap()).sum()
    });
    assert_eq!(steps, migrations::POSTGRES.len());
}

#[test]
fn the_files_can_be_run_by_hand_up_and_down_and_up_again() {
    let world = World::without_schema();
    for _ in 0..2 {
        for migration in migrations::POSTGRES {
            world.run(migration.up);
        }
        assert_eq!(world.queue.migrate().unwrap(), 0);
        for migration in migrations::POSTGRES.iter().rev() {
            world.run(migration.down);
        }
        let left = "SELECT count(*) FROM pg_class WHERE relname LIKE 'fang%'";
        assert_eq!(world.number(left), 0);
        assert_eq!(world.number("SELECT count(*) FROM pg_type WHERE typname LIKE 'fang%'"), 0);
    }
}

#[test]
fn a_schema_one_step_ahead_serves_and_two_steps_ahead_is_told() {
    let world = World::new();
    let store = world.queue.engine().unwrap();
    let set = |version: i32| {
        world.run(&format!("UPDATE fang_meta SET version = {version}"));
        block_on(store.check())
    };
    assert!(set(migrations::VERSION + 1).is_ok());
    assert!(set(migrations::VERSION + 2).unwrap_err().to_string().contains("too new"));
    assert!(set(migrations::VERSION - 1).unwrap_err().to_string().contains("too old"));
}

/// Not even over the library's own connections, on which other statements have half a minute: the index of a large table
/// takes longer.
#[test]
fn a_step_may_take_as_long_as_it_takes() {
    let world = World::without_schema();
    world.run(NO_LIMIT_FOR_CHANGES);
    assert_eq!(world.queue.migrate().unwrap(), migrations::POSTGRES.len());
}
