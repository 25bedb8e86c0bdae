//! The library's statements do not depend on the defaults of a role or a database.

use crate::world::{PATIENCE, Queue, World, ear, heard, say, until};
use fang_asynk::{AsyncQueue, AsyncWorkerPool};
use fang_core::AsyncQueueable;
use fang_test_support::PgBouncer;
use std::time::Duration;

/// Refuses whatever was left to the defaults.
const STRICT: &str = "CREATE FUNCTION strict() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('transaction_isolation') <> 'read committed' OR current_setting('statement_timeout') <> '30s' THEN
            RAISE EXCEPTION 'left to the defaults';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$;
    CREATE TRIGGER strict BEFORE INSERT OR UPDATE OR DELETE ON fang_tasks FOR EACH ROW EXECUTE FUNCTION strict()";

/// Inserts, claims and saves under defaults of which none may count.
async fn work(world: &World, queue: Queue) {
    let (sender, mut ear) = ear();
    let mut pool =
        AsyncWorkerPool::builder().number_of_workers(2_u32).queue(queue.clone()).state(sender).build();
    pool.start().await.unwrap();
    // For longer than the default lets a statement wait.
    world.client.batch_execute("BEGIN; LOCK TABLE fang_tasks IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let waiting = tokio::spawn(async move { queue.insert_task(&say("patient")).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    world.client.batch_execute("COMMIT").await.unwrap();
    waiting.await.unwrap().unwrap();
    assert_eq!(heard(&mut ear).await, "patient");
    until(async || world.number("SELECT count(*) FROM fang_tasks").await == 0).await;
    pool.shutdown(PATIENCE).await;
}

async fn strict() -> World {
    let world = World::new().await;
    let name = world.database.name();
    for set in ["default_transaction_isolation = 'serializable'", "statement_timeout = '100ms'"] {
        world.client.batch_execute(&format!("ALTER DATABASE {name} SET {set}")).await.unwrap();
    }
    world.client.batch_execute(STRICT).await.unwrap();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn no_default_of_the_database_decides_how_a_statement_runs() {
    let world = strict().await;
    let queue = AsyncQueue::builder().uri(world.database.uri()).build();
    work(&world, queue).await;
}

/// What a session cannot be told, each transaction says.
#[tokio::test(flavor = "multi_thread")]
async fn nor_does_one_behind_a_pooler() {
    let world = strict().await;
    let bouncer = PgBouncer::start(world.database.uri(), 3).await.unwrap();
    let queue = AsyncQueue::builder().uri(bouncer.uri()).pgbouncer(true).build();
    work(&world, queue).await;
}
