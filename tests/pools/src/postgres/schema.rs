//! A queue in a schema of its own.

use crate::seam::{Mode, Options, PATIENCE, Queue, World, say};
use fang_core::{QueueError, StoreError};

crate::each_mode! {
    a_queue_works_in_a_schema_of_any_name,
    an_invalid_schema_name_is_refused,
}

fn named(world: &World, schema: &'static str) -> Queue {
    let options = Options { max_pool_size: 2, schema: Some(schema), ..Options::default() };
    world.mode.queue_with(world.uri(), &options)
}

async fn a_queue_works_in_a_schema_of_any_name(mode: Mode) {
    let world = World::without_schema(mode).await;
    for name in ["fang_own", "it's \"odd\""] {
        let queue = named(&world, name);
        assert!(queue.migrate().await.unwrap() > 0);
        let mut pool = queue.pool(1, &world.stage).start().await;
        queue.insert_task(&say(name)).await.unwrap();
        assert_eq!(world.heard().await, name);
        pool.shutdown(PATIENCE).await;
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
