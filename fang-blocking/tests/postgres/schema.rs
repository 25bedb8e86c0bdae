use crate::world::{PATIENCE, World, ear, heard, say};
use fang_blocking::{Queue, WorkerPool};
use fang_core::{NewTask, QueueError, Queueable, StoreError};

#[test]
fn a_queue_lives_in_the_schema_it_is_given_whatever_its_name() {
    let world = World::without_schema();
    for name in ["fang_own", "it's \"odd\""] {
        let queue = Queue::builder().uri(world.database.uri()).max_pool_size(2_u32).schema(name).build();
        assert!(queue.migrate().unwrap() > 0);
        let (sender, ear) = ear();
        let mut pool =
            WorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).state(sender).build();
        pool.start().unwrap();
        queue.insert_task(&say(name)).unwrap();
        assert_eq!(heard(&ear), name);
        pool.shutdown(PATIENCE);
        // So many go another way.
        queue.insert_tasks(vec![NewTask::blocking(&say("many")).unwrap(); 500]).unwrap();
        assert_eq!(queue.count_tasks().unwrap()[0].tasks, 500);
        let elsewhere = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relname LIKE 'fang%'";
        assert_eq!(world.number(elsewhere), 0);
    }
}

#[test]
fn a_name_that_is_none_is_refused() {
    let world = World::without_schema();
    let queue = Queue::builder().uri(world.database.uri()).max_pool_size(1_u32).schema("a\nb").build();
    let error = queue.migrate().unwrap_err();
    assert!(matches!(error, QueueError::Store(StoreError::Schema { .. })), "{error:?}");
}
