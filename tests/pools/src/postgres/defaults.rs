//! The statements of the library do not depend on the defaults of a role or a database.

use crate::seam::{Mode, Options, PATIENCE, Queue, World, say};
use fang_postgres::settings::Role;
use fang_test_support::PgBouncer;
use std::time::Duration;

crate::one_mode! {
    limits, Asynk,
    every_limit_of_time_that_the_server_knows_is_set_or_ends_nothing,
}

crate::each_mode! {
    statements_do_not_depend_on_the_defaults_of_the_database,
    statements_behind_a_pooler_do_not_depend_on_the_defaults_of_the_database,
}

/// Refuses changes by statements that run with the defaults of the database, and says which. The limit of an idle
/// transaction is shorter on connections for lock-claims.
const STRICT: &str = "CREATE FUNCTION strict() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        kept text;
    BEGIN
        SELECT string_agg(name || ' = ' || coalesce(current_setting(name, true), 'none'), ', ') INTO kept
        FROM (VALUES ('transaction_isolation', '{read committed}'::text[]), ('statement_timeout', '{30s}'),
            ('lock_timeout', '{0}'), ('idle_session_timeout', '{0}'), ('transaction_timeout', '{0}'),
            ('idle_in_transaction_session_timeout', '{30s,5s}')) AS needed (name, value)
        WHERE NOT coalesce(current_setting(name, true), '0') = ANY (value);
        IF kept IS NOT NULL THEN
            RAISE EXCEPTION 'left to the defaults: %', kept;
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$;
    CREATE TRIGGER strict BEFORE INSERT OR UPDATE OR DELETE ON fang_tasks FOR EACH ROW EXECUTE FUNCTION strict();
    CREATE TRIGGER strict BEFORE INSERT OR UPDATE OR DELETE ON fang_workers FOR EACH ROW EXECUTE FUNCTION strict()";

/// Settings in units of time, which a database may set for its sessions, that end no statement and no idle session: when the
/// server looks for deadlocks, what it logs, when it gives up a peer that does not answer, replication, and the pace of vacuums.
/// Most are in [`ODD_SETTINGS`](fang_test_support::ODD_SETTINGS).
const ENDS_NOTHING: [&str; 10] = [
    "client_connection_check_interval",
    "deadlock_timeout",
    "log_min_duration_sample",
    "log_min_duration_statement",
    "post_auth_delay",
    "tcp_keepalives_idle",
    "tcp_keepalives_interval",
    "tcp_user_timeout",
    "vacuum_cost_delay",
    "wal_sender_timeout",
];

/// A newer server may know a limit that the library does not.
async fn every_limit_of_time_that_the_server_knows_is_set_or_ends_nothing(mode: Mode) {
    let world = World::without_schema(mode).await;
    let sql = "SELECT name FROM pg_settings WHERE unit IN ('us', 'ms', 's', 'min', 'h', 'd')
        AND context IN ('user', 'superuser', 'backend', 'superuser-backend')";
    let names = world.client().query(sql, &[]).await.unwrap();
    let is_known =
        |name: &String| Role::Calls.names().any(|set| set == name) || ENDS_NOTHING.contains(&name.as_str());
    let unknown: Vec<String> = names.iter().map(|row| row.get(0)).filter(|name| !is_known(name)).collect();
    assert!(unknown.is_empty(), "the library neither sets nor knows these limits: {unknown:?}");
}

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
