use crate::world::World;
use fang_asynk::AsyncBackend;
use fang_postgres::migrations;
use fang_test_support::triggers::NO_LIMIT_FOR_CHANGES;

#[tokio::test]
async fn an_empty_database_gets_all_steps_once() {
    let world = World::without_schema().await;
    assert_eq!(world.queue.migrate().await.unwrap(), migrations::POSTGRES.len());
    assert_eq!(world.queue.migrate().await.unwrap(), 0);
    assert_eq!(world.number("SELECT version::bigint FROM fang_meta").await, i64::from(migrations::VERSION));
}

#[tokio::test]
async fn connect_migrates_when_it_was_told_to() {
    let world = World::without_schema().await;
    let connect = async |migrate| {
        let builder = fang_asynk::AsyncQueue::builder().uri(world.database.uri()).max_pool_size(1_u32);
        let mut queue = builder.migrate_at_connect(migrate).build();
        queue.connect(fang_asynk::NoTls).await.unwrap();
        queue.engine().unwrap().check().await.is_ok()
    };
    assert!(!connect(false).await);
    assert!(connect(true).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_that_start_at_once_migrate_once() {
    let world = World::without_schema().await;
    let starts: Vec<_> = (0..8)
        .map(|_| {
            let queue: crate::world::Queue =
                fang_asynk::AsyncQueue::builder().uri(world.database.uri()).max_pool_size(1_u32).build();
            tokio::spawn(async move { queue.migrate().await.unwrap() })
        })
        .collect();
    let mut steps = 0;
    for start in starts {
        steps += start.await.unwrap();
    }
    assert_eq!(steps, migrations::POSTGRES.len());
}

#[tokio::test]
async fn the_files_can_be_run_by_hand_up_and_down_and_up_again() {
    let world = World::without_schema().await;
    for _ in 0..2 {
        for migration in migrations::POSTGRES {
            world.client.batch_execute(migration.up).await.unwrap();
        }
        assert_eq!(world.queue.migrate().await.unwrap(), 0);
        for migration in migrations::POSTGRES.iter().rev() {
            world.client.batch_execute(migration.down).await.unwrap();
        }
        let left = "SELECT count(*) FROM pg_class WHERE relname LIKE 'fang%'";
        assert_eq!(world.number(left).await, 0);
        assert_eq!(world.number("SELECT count(*) FROM pg_type WHERE typname LIKE 'fang%'").await, 0);
    }
}

#[tokio::test]
async fn a_schema_one_step_ahead_serves_and_two_steps_ahead_is_told() {
    let world = World::new().await;
    let store = world.queue.engine().unwrap();
    let set = async |version: i32| {
        world.client.execute("UPDATE fang_meta SET version = $1", &[&version]).await.unwrap();
        store.check().await
    };
    assert!(set(migrations::VERSION + 1).await.is_ok());
    assert!(set(migrations::VERSION + 2).await.unwrap_err().to_string().contains("too new"));
    assert!(set(migrations::VERSION - 1).await.unwrap_err().to_string().contains("too old"));
}

/// Not even over the library's own connections, on which other statements have half a minute: the index of a large table
/// takes longer.
#[tokio::test]
async fn a_step_may_take_as_long_as_it_takes() {
    let world = World::without_schema().await;
    world.client.batch_execute(NO_LIMIT_FOR_CHANGES).await.unwrap();
    assert_eq!(world.queue.migrate().await.unwrap(), migrations::POSTGRES.len());
}
