//! The statements of the library do not depend on the defaults of a role or a database.

use crate::seam::{Mode, Options, PATIENCE, Queue, World, say};
use fang_test_support::PgBouncer;
use std::time::Duration;

crate::each_mode! {
    statements_do_not_depend_on_the_defaults_of_the_database,
    statements_behind_a_pooler_do_not_depend_on_the_defaults_of_the_database,
}

/// Refuses statements that run with the defaults of the database.
const STRICT: &str = "CREATE FUNCTION strict() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('transaction_isolation') <> 'read committed' OR current_setting('statement_timeout') <> '30s'
            OR current_setting('lock_timeout') <> '0' THEN
            RAISE EXCEPTION 'left to the defaults';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$;
    CREATE TRIGGER strict BEFORE INSERT OR UPDATE OR DELETE ON fang_tasks FOR EACH ROW EXECUTE FUNCTION strict()";

/// Inserts and runs a task while the defaults of the database are unsuitable.
async fn work(world: &World, queue: Queue) {
    let mut pool = queue.pool(2, &world.stage).start().await;
    // Waits for longer than the default `statement_timeout` and `lock_timeout`.
    world.run("BEGIN; LOCK TABLE fang_tasks IN ACCESS EXCLUSIVE MODE").await;
    let waiting = tokio::spawn(async move { queue.insert_task(&say("patient")).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    world.run("COMMIT").await;
    waiting.await.unwrap().unwrap();
    assert_eq!(world.heard().await, "patient");
    world.is_empty().await;
    pool.shutdown(PATIENCE).await;
}

/// Even the migrations run under these limits.
async fn strict(mode: Mode) -> World {
    let world = World::without_schema(mode).await;
    let name = world.database().name();
    let sets = [
        "default_transaction_isolation = 'serializable'",
        "statement_timeout = '100ms'",
        "lock_timeout = '100ms'",
        "idle_in_transaction_session_timeout = '100ms'",
    ];
    for set in sets {
        world.run(&format!("ALTER DATABASE {name} SET {set}")).await;
    }
    // Servers have it from version 17 on.
    if world.number("SELECT count(*) FROM pg_settings WHERE name = 'transaction_timeout'").await > 0 {
        world.run(&format!("ALTER DATABASE {name} SET transaction_timeout = '25ms'")).await;
    }
    mode.queue(world.uri()).migrate().await.unwrap();
    world.run(STRICT).await;
    world
}

async fn statements_do_not_depend_on_the_defaults_of_the_database(mode: Mode) {
    let world = strict(mode).await;
    let name = world.database().name();
    world.run(&format!("ALTER DATABASE {name} SET idle_session_timeout = '100ms'")).await;
    work(&world, mode.queue(world.uri())).await;
}

/// Behind a pooler, each transaction sets the options that otherwise the session has.
async fn statements_behind_a_pooler_do_not_depend_on_the_defaults_of_the_database(mode: Mode) {
    let world = strict(mode).await;
    let bouncer = PgBouncer::start(world.uri(), 3).await.unwrap();
    let options = Options { pgbouncer: true, ..Options::default() };
    work(&world, mode.queue_with(bouncer.uri(), &options)).await;
}
