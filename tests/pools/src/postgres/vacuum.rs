//! Pools vacuum the tables while many tasks come and go.

use super::schema::{named, with_role};
use crate::seam::{How, Mode, PATIENCE, Queue, World, collect_logs, logged_with, say, until};
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::{PgConnection, RunQueryDsl};
use fang_core::StoreError;
use fang_core::store::{Store, Vacuum, Vacuumed};
use fang_test_support::{Cluster, Durability, PgBouncer, TestDatabase};
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::{Duration, Instant};

crate::each_mode! {
    a_pool_vacuums_while_many_tasks_come_and_go,
    a_pool_that_is_told_not_to_vacuum_leaves_it_to_the_server,
    one_of_many_pools_vacuums_and_the_others_find_it_done,
    tables_with_few_dead_rows_are_left_alone,
    dead_rows_that_a_snapshot_needs_are_not_vacuumed_again_at_once,
    a_vacuum_is_judged_by_the_tables_that_were_due,
    a_pool_without_a_connection_for_its_vacuum_leaves_it_to_another,
    tasks_run_during_a_vacuum_and_one_that_failed_is_tried_again_after_a_long_pause,
    a_role_without_the_right_to_vacuum_is_told_once_how_to_get_it_and_works_on,
    behind_a_pooler_one_statement_vacuums,
    a_count_of_very_many_tasks_is_told_again_for_a_while,
}

crate::one_mode! {
    only_blocking, Blocking,
    an_idle_connection_of_the_application_vacuums_and_goes_back_as_it_was,
}

/// How often the table of tasks was vacuumed by a command.
const VACUUMS: &str = "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'fang_tasks'";

/// Few enough for a quick test.
const MANY: Vacuum = Vacuum { dead_rows: 2_000 };

/// Ends the turn and the pause of a pool.
const NOW: &str = "UPDATE fang_meta SET vacuum_at = now()";

/// A table of tasks without autovacuum, which would come between.
async fn world(mode: Mode) -> World {
    let world = World::postgres(mode).await;
    world.run("ALTER TABLE fang_tasks SET (autovacuum_enabled = false)").await;
    world
}

/// Leaves this many dead rows, and waits until the server has counted them.
async fn die(world: &World, rows: i64) {
    let insert = "INSERT INTO fang_tasks (metadata, mode) SELECT '{}', 1 FROM generate_series(1, $1::bigint)";
    world.client().execute(insert, &[&rows]).await.unwrap();
    world.run("DELETE FROM fang_tasks").await;
    until(async || dead(world).await >= rows).await;
}

async fn dead(world: &World) -> i64 {
    world.number("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'fang_tasks'").await
}

/// Vacuums over connections like those of a pool.
async fn vacuum(store: &Arc<dyn Store>) -> Result<Vacuumed, StoreError> {
    let store = store.clone();
    // A store over diesel blocks its thread.
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(store.vacuum(&MANY))).await.unwrap()
}

async fn a_pool_vacuums_while_many_tasks_come_and_go(mode: Mode) {
    let world = world(mode).await;
    let mut pool = world.pool(10).vacuums_at(1_000).start().await;
    until(async || {
        world.act_many(500, How::Succeed).await;
        world.is_empty().await;
        world.number(VACUUMS).await > 1
    })
    .await;
    assert!(dead(&world).await < 10_000);
    pool.shutdown(PATIENCE).await;
}

/// A pool that vacuums would have done so within two seconds.
async fn a_pool_that_is_told_not_to_vacuum_leaves_it_to_the_server(mode: Mode) {
    let world = world(mode).await;
    let mut pool = world.pool(10).vacuums_at(100).never_vacuums().start().await;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) || dead(&world).await < 1_000 {
        world.act_many(200, How::Succeed).await;
        world.is_empty().await;
    }
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.number(VACUUMS).await, 0);
}

/// On a server of its own: a snapshot of one of these pools keeps dead rows if a transaction of any database was open then.
async fn one_of_many_pools_vacuums_and_the_others_find_it_done(mode: Mode) {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let world = World::in_database(mode, database).await;
    world.queue.migrate().await.unwrap();
    world.run("ALTER TABLE fang_tasks SET (autovacuum_enabled = false)").await;
    die(&world, 5_000).await;
    let pools: Vec<_> = (0..8).map(|_| world.queue.engine()).collect();
    let all = join_all(pools.iter().map(vacuum)).await;
    let done = all.into_iter().map(Result::unwrap).filter(|done| matches!(done, Vacuumed::Done { .. }));
    assert_eq!(done.count(), 1);
    assert_eq!((world.number(VACUUMS).await, dead(&world).await), (1, 0));
}

async fn tables_with_few_dead_rows_are_left_alone(mode: Mode) {
    let world = world(mode).await;
    die(&world, 1_900).await;
    assert_eq!(vacuum(&world.queue.engine()).await.unwrap(), Vacuumed::NotDue);
    // Many live rows allow for more dead ones.
    world.run("INSERT INTO fang_tasks (metadata) SELECT '{}' FROM generate_series(1, 60000)").await;
    world.run("DELETE FROM fang_tasks WHERE ctid IN (SELECT ctid FROM fang_tasks LIMIT 600)").await;
    until(async || dead(&world).await >= 2_400).await;
    assert_eq!(vacuum(&world.queue.engine()).await.unwrap(), Vacuumed::NotDue);
    assert_eq!(world.number(VACUUMS).await, 0);
    let none: Arc<dyn Store> = mode.memory().engine();
    assert_eq!(vacuum(&none).await.unwrap(), Vacuumed::Never);
}

async fn dead_rows_that_a_snapshot_needs_are_not_vacuumed_again_at_once(mode: Mode) {
    let world = world(mode).await;
    let pools = [(); 2].map(|()| world.queue.engine());
    let snapshot = world.database().client().await.unwrap();
    snapshot.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").await.unwrap();
    die(&world, 5_000).await;
    let Vacuumed::Done { before, after, pause, .. } = vacuum(&pools[0]).await.unwrap() else {
        panic!("it should be due");
    };
    assert!(
        before >= 5_000 && after >= 5_000 && pause >= Duration::from_secs(10),
        "{before} {after} {pause:?}"
    );
    for pool in &pools {
        assert_eq!(vacuum(pool).await.unwrap(), Vacuumed::NotDue);
    }
    snapshot.batch_execute("COMMIT").await.unwrap();
    world.run(NOW).await;
    let done = vacuum(&pools[1]).await.unwrap();
    let Vacuumed::Done { after: ..100, pause, .. } = done else { panic!("{done:?}") };
    assert!(pause < Duration::from_secs(10));
}

async fn a_vacuum_is_judged_by_the_tables_that_were_due(mode: Mode) {
    let world = world(mode).await;
    world.run("ALTER TABLE fang_minutes SET (autovacuum_enabled = false)").await;
    let insert = "INSERT INTO fang_minutes (is_hour, minute, is_kind, name, counts)
        SELECT false, '2020-01-01'::timestamptz + n * interval '1 minute', false, '', '{}' FROM generate_series(1, 60000) n";
    world.run(insert).await;
    world
        .run("DELETE FROM fang_minutes WHERE minute <= '2020-01-01'::timestamptz + interval '9000 minutes'")
        .await;
    let dead = "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'fang_minutes'";
    world.until_number(dead, 9_000).await;
    die(&world, 2_100).await;
    let done = vacuum(&world.queue.engine()).await.unwrap();
    let Vacuumed::Done { before: 2_100..3_000, after: ..100, pause, .. } = done else { panic!("{done:?}") };
    assert!(pause < Duration::from_secs(10));
}

async fn a_pool_without_a_connection_for_its_vacuum_leaves_it_to_another(mode: Mode) {
    let world = world(mode).await;
    let pools = [(); 2].map(|()| world.queue.engine());
    for pool in &pools {
        assert_eq!(vacuum(pool).await.unwrap(), Vacuumed::NotDue);
    }
    die(&world, 5_000).await;
    let lets = async |allows: bool| {
        let lets = "UPDATE pg_database SET datallowconn = $1 WHERE datname = current_database()";
        world.client().execute(lets, &[&allows]).await.unwrap();
    };
    lets(false).await;
    vacuum(&pools[0]).await.unwrap_err();
    lets(true).await;
    let done = vacuum(&pools[1]).await.unwrap();
    assert!(matches!(done, Vacuumed::Done { after: ..100, .. }), "{done:?}");
}

/// The session that vacuums, once it does.
const BUSY: &str = "SELECT count(*) FROM pg_stat_progress_vacuum WHERE datname = current_database()";

async fn tasks_run_during_a_vacuum_and_one_that_failed_is_tried_again_after_a_long_pause(mode: Mode) {
    let world = world(mode).await;
    die(&world, 5_000).await;
    let slowly =
        "ALTER DATABASE x SET vacuum_cost_delay = '100ms'; ALTER DATABASE x SET vacuum_cost_limit = 1";
    world.run(&slowly.replace('x', world.database().name())).await;
    let [first, second] = [(); 2].map(|()| world.queue.engine());
    let vacuuming = tokio::spawn(async move { vacuum(&first).await });
    world.until_number(BUSY, 1).await;
    let mut pool = world.pool(2).start().await;
    world.queue.insert_task(&say("meanwhile")).await.unwrap();
    assert_eq!(world.heard().await, "meanwhile");
    pool.shutdown(PATIENCE).await;
    // The server tells others, also when the turn is over.
    world.run(NOW).await;
    assert_eq!(vacuum(&second).await.unwrap(), Vacuumed::NotDue);
    let resets = "ALTER DATABASE x RESET ALL".replace('x', world.database().name());
    world.run(&resets).await;
    world.number("SELECT count(pg_terminate_backend(pid, 30000)) FROM pg_stat_progress_vacuum").await;
    vacuuming.await.unwrap().unwrap_err();
    assert!(world.number("SELECT extract(epoch FROM vacuum_at - now())::bigint FROM fang_meta").await > 5);
    assert_eq!(vacuum(&second).await.unwrap(), Vacuumed::NotDue);
    world.run(NOW).await;
    let done = vacuum(&second).await.unwrap();
    assert!(matches!(done, Vacuumed::Done { after: ..100, .. }), "{done:?}");
}

async fn a_role_without_the_right_to_vacuum_is_told_once_how_to_get_it_and_works_on(mode: Mode) {
    collect_logs();
    let world = World::without_schema(mode).await;
    let role = format!("{}_worker", world.database().name());
    named(&world, "jobs").migrate().await.unwrap();
    let rights = "ALL ON SCHEMA jobs, ALL ON ALL TABLES IN SCHEMA jobs, ALL ON ALL SEQUENCES IN SCHEMA jobs";
    let grants = rights.split(", ").map(|right| format!("GRANT {right} TO {role};")).collect::<String>();
    // From version 17 on, that is all but the right to vacuum.
    let without = format!(
        "DO $$ BEGIN IF current_setting('server_version_num')::int >= 170000 THEN \
            EXECUTE 'REVOKE MAINTAIN ON ALL TABLES IN SCHEMA jobs FROM {role}'; END IF; END $$"
    );
    world.run(&format!("CREATE ROLE {role}; {grants} {without}")).await;
    let queue = with_role(&world, &role);
    let words = ["WARN", "may not vacuum", &role, "GRANT"];
    let mut pool = queue.pool(10, &world.stage).vacuums_at(100).start().await;
    until(async || {
        run_some(&world, &queue).await;
        logged_with(&words) > 0
    })
    .await;
    run_some(&world, &queue).await;
    pool.shutdown(PATIENCE).await;
    assert_eq!(logged_with(&words), 1);
    // The owner may.
    world
        .run(&format!(
            "{}; ALTER TABLE jobs.fang_tasks SET (autovacuum_enabled = false)",
            NOW.replace("fang", "jobs.fang")
        ))
        .await;
    let done = vacuum(&named(&world, "jobs").engine()).await.unwrap();
    assert!(matches!(done, Vacuumed::Done { .. } | Vacuumed::NotDue), "{done:?}");
    world.run(&format!("DROP SCHEMA jobs CASCADE; DROP ROLE {role}")).await;
}

async fn run_some(world: &World, queue: &Queue) {
    let tasks = (0..200).map(|n| world.new_task(&say(&n.to_string())));
    queue.insert_tasks(tasks.collect()).await.unwrap();
    world.until_number("SELECT count(*) FROM jobs.fang_tasks", 0).await;
}

async fn behind_a_pooler_one_statement_vacuums(mode: Mode) {
    let world = world(mode).await;
    let bouncer = PgBouncer::start(world.uri(), 2).await.unwrap();
    let options = crate::seam::Options { pgbouncer: true, ..crate::seam::Options::default() };
    let queue = mode.queue_with(bouncer.uri(), &options);
    die(&world, 5_000).await;
    let done = vacuum(&queue.engine()).await.unwrap();
    assert!(matches!(done, Vacuumed::Done { after: ..100, .. }), "{done:?}");
    assert_eq!(vacuum(&queue.engine()).await.unwrap(), Vacuumed::NotDue);
}

async fn a_count_of_very_many_tasks_is_told_again_for_a_while(mode: Mode) {
    let world = world(mode).await;
    let insert = "INSERT INTO fang_tasks (metadata, mode) SELECT '{}', 1 FROM generate_series(1, 100001)";
    world.run(insert).await;
    let mut counts = world.queue.count_tasks().await.unwrap();
    assert_eq!(counts.iter().map(|count| count.tasks).sum::<u64>(), 100_001);
    // On a busy machine the time for which it is told may be over before it is asked for again.
    until(async || {
        world.run("INSERT INTO fang_tasks (metadata, mode) VALUES ('{}', 1)").await;
        let again = world.queue.count_tasks().await.unwrap();
        std::mem::replace(&mut counts, again.clone()) == again
    })
    .await;
    until(async || world.queue.count_tasks().await.unwrap() != counts).await;
    world.run("DELETE FROM fang_tasks").await;
    until(async || world.queue.count_tasks().await.unwrap().is_empty()).await;
}

/// The settings of a connection of the application.
fn settings(connections: &Pool<ConnectionManager<PgConnection>>) -> String {
    #[derive(diesel::QueryableByName)]
    struct Settings {
        #[diesel(sql_type = diesel::sql_types::Text)]
        all: String,
    }
    let all = "SELECT string_agg(name || ' ' || setting, ', ' ORDER BY name) AS all FROM pg_settings
        WHERE name ~ '_timeout$|^client_min_messages$'";
    diesel::sql_query(all).get_result::<Settings>(&mut connections.get().unwrap()).unwrap().all
}

async fn an_idle_connection_of_the_application_vacuums_and_goes_back_as_it_was(mode: Mode) {
    let world = world(mode).await;
    die(&world, 5_000).await;
    let small = Mode::queue_over_application_pool(world.uri(), 3);
    assert_eq!(vacuum(&small.engine()).await.unwrap(), Vacuumed::Never);
    let connections = tokio::task::block_in_place(|| {
        Pool::builder().max_size(4).build(ConnectionManager::new(world.uri())).unwrap()
    });
    let before = settings(&connections);
    let queue = fang_blocking::Queue::builder().connection_pool(connections.clone()).build();
    let queue = Queue::Blocking(queue);
    let done = vacuum(&queue.engine()).await.unwrap();
    assert!(matches!(done, Vacuumed::Done { after: ..100, .. }), "{done:?}");
    drop(queue);
    let held: Vec<_> = (0..4).map(|_| (settings(&connections), connections.get().unwrap())).collect();
    assert!(held.iter().all(|(settings, _)| *settings == before), "{before}");
}
