//! The library's statements do not depend on the defaults of a role or a database.

use crate::world::{PATIENCE, World, ear, heard, say, until};
use fang_blocking::{Queue, WorkerPool};
use fang_core::Queueable;
use fang_test_support::PgBouncer;
use std::thread;
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
fn work(world: &World, queue: Queue) {
    let (sender, ear) = ear();
    let mut pool = WorkerPool::builder().number_of_workers(2_u32).queue(queue.clone()).state(sender).build();
    pool.start().unwrap();
    // For longer than the default lets a statement wait.
    world.run("BEGIN; LOCK TABLE fang_tasks IN ACCESS EXCLUSIVE MODE");
    let waiting = thread::spawn(move || queue.insert_task(&say("patient")));
    thread::sleep(Duration::from_millis(300));
    world.run("COMMIT");
    waiting.join().unwrap().unwrap();
    assert_eq!(heard(&ear), "patient");
    until(|| world.number("SELECT count(*) FROM fang_tasks") == 0);
    pool.shutdown(PATIENCE);
}

fn strict() -> World {
    let world = World::new();
    let name = world.database.name();
    for set in ["default_transaction_isolation = 'serializable'", "statement_timeout = '100ms'"] {
        world.run(&format!("ALTER DATABASE {name} SET {set}"));
    }
    world.run(STRICT);
    world
}

#[test]
fn no_default_of_the_database_decides_how_a_statement_runs() {
    let world = strict();
    let queue = Queue::builder().uri(world.database.uri()).build();
    work(&world, queue);
}

/// What a session cannot be told, each transaction says.
#[test]
fn nor_does_one_behind_a_pooler() {
    let world = strict();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bouncer = runtime.block_on(PgBouncer::start(world.database.uri(), 3)).unwrap();
    let queue = Queue::builder().uri(bouncer.uri()).pgbouncer(true).build();
    work(&world, queue);
}
