//! The library's statements do not depend on the defaults of a role or a database.

use crate::seam::{Mode, Options, PATIENCE, Queue, World, say};
use fang_test_support::PgBouncer;
use std::time::Duration;

crate::each_mode! {
    no_default_of_the_database_decides_how_a_statement_runs,
    nor_does_one_behind_a_pooler,
}

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
    let mut pool = queue.pool(2, &world.stage).start().await;
    // For longer than the default lets a statement wait.
    world.run("BEGIN; LOCK TABLE fang_tasks IN ACCESS EXCLUSIVE MODE").await;
    let waiting = tokio::spawn(async move { queue.insert_task(&say("patient")).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    world.run("COMMIT").await;
    waiting.await.unwrap().unwrap();
    assert_eq!(world.heard().await, "patient");
    world.is_empty().await;
    pool.shutdown(PATIENCE).await;
}

async fn strict(mode: Mode) -> World {
    let world = World::postgres(mode).await;
    let name = world.database().name();
    for set in ["default_transaction_isolation = 'serializable'", "statement_timeout = '100ms'"] {
        world.run(&format!("ALTER DATABASE {name} SET {set}")).await;
    }
    world.run(STRICT).await;
    world
}

async fn no_default_of_the_database_decides_how_a_statement_runs(mode: Mode) {
    let world = strict(mode).await;
    work(&world, mode.queue(world.uri())).await;
}

/// What a session cannot be told, each transaction says.
async fn nor_does_one_behind_a_pooler(mode: Mode) {
    let world = strict(mode).await;
    let bouncer = PgBouncer::start(world.uri(), 3).await.unwrap();
    let options = Options { pgbouncer: true, ..Options::default() };
    work(&world, mode.queue_with(bouncer.uri(), &options)).await;
}
