//! Queues and pools behind PgBouncer in transaction mode.

use crate::seam::{Client, Mode, Options, PATIENCE, QUICK, Queue, Rival, World, say};
use diesel::PgConnection;
use diesel::connection::{CacheSize, Connection};
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error, Pool};
use fang_core::{QueueError, StoreError};
use fang_test_support::PgBouncer;
use std::collections::HashSet;

crate::each_mode! {
    pools_share_a_few_sessions_run_each_task_once_and_leave_nothing_behind,
    the_tasks_of_a_worker_that_fell_silent_run_elsewhere,
    tasks_of_a_transaction_of_the_application_come_with_its_commit,
    a_queue_without_the_pgbouncer_option_says_how_to_set_it,
}

crate::one_mode! {
    only_blocking, Blocking,
    pools_keep_connections_of_the_application_without_session_settings,
}

/// The number of server sessions that all clients share.
const SESSIONS: usize = 3;

async fn bouncer(world: &World) -> PgBouncer {
    PgBouncer::start(world.uri(), SESSIONS).await.unwrap()
}

/// Makes a queue through a pooler.
fn pooled(mode: Mode, bouncer: &PgBouncer) -> Queue {
    mode.queue_with(bouncer.uri(), &Options { pgbouncer: true, ..Options::default() })
}

/// Lists the state of a server session that lasts longer than a transaction, without the settings that the pooler
/// itself restores for each client.
const LEFT: &str = "SELECT coalesce(string_agg(thing, ', '), 'nothing') AS left FROM (
        SELECT name || ': ' || statement FROM pg_prepared_statements
        UNION ALL SELECT pg_listening_channels()
        UNION ALL SELECT 'an advisory lock' FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
        UNION ALL SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session' AND name NOT IN
            ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')
            AND name NOT LIKE 'transaction_%'
    ) AS things (thing)";

async fn nothing_is_left(bouncer: &PgBouncer) {
    let client = bouncer.client().await.unwrap();
    for _ in 0..SESSIONS * 2 {
        let rows = client.query_typed(LEFT, &[]).await.unwrap();
        assert_eq!(rows[0].get::<_, String>(0), "nothing");
    }
}

async fn pools_share_a_few_sessions_run_each_task_once_and_leave_nothing_behind(mode: Mode) {
    const TASKS: usize = 3_000;
    let mut world = World::without_schema(mode).await;
    let bouncer = bouncer(&world).await;
    let queue = pooled(mode, &bouncer);
    queue.migrate().await.unwrap();
    let mut pools = Vec::new();
    for _ in 0..3 {
        pools.push(pooled(mode, &bouncer).pool(5, &world.stage).lease(QUICK).start().await);
    }
    let tasks = (0..TASKS).map(|n| world.new_task(&say(&n.to_string())));
    queue.insert_tasks(tasks.collect()).await.unwrap();
    world.is_empty().await;
    for mut pool in pools {
        assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
    }
    let runs: Vec<String> = world.told_to_the_end().await.into_iter().map(|run| run.name).collect();
    assert_eq!((runs.len(), runs.iter().collect::<HashSet<_>>().len()), (TASKS, TASKS));
    nothing_is_left(&bouncer).await;
}

async fn the_tasks_of_a_worker_that_fell_silent_run_elsewhere(mode: Mode) {
    let world = World::postgres(mode).await;
    let bouncer = bouncer(&world).await;
    let queue = pooled(mode, &bouncer);
    queue.insert_task(&say("orphan")).await.unwrap();
    assert_eq!(Rival::new(&queue).await.claim(1, false).await.len(), 1);
    let mut pool = queue.pool(5, &world.stage).lease(QUICK).start().await;
    assert_eq!(world.heard().await, "orphan");
    pool.shutdown(PATIENCE).await;
}

async fn tasks_of_a_transaction_of_the_application_come_with_its_commit(mode: Mode) {
    let world = World::postgres(mode).await;
    let bouncer = bouncer(&world).await;
    let queue = pooled(mode, &bouncer);
    let mut client = Client::connect(mode, bouncer.uri()).await.unwrap();
    for (text, commits) in [("no", false), ("yes", true)] {
        let mut transaction = client.begin().await.unwrap();
        transaction.insert_tasks(&queue, vec![world.new_task(&say(text))]).await.unwrap();
        transaction.end(commits).await.unwrap();
    }
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 1);
    nothing_is_left(&bouncer).await;
}

/// Two clients prepare statements of the same name in one server session, which fails.
async fn a_queue_without_the_pgbouncer_option_says_how_to_set_it(mode: Mode) {
    let world = World::postgres(mode).await;
    let bouncer = bouncer(&world).await;
    let options = Options { max_pool_size: 1, ..Options::default() };
    let queues = [(); 4].map(|()| mode.queue_with(bouncer.uri(), &options));
    for queue in queues.iter().cycle().take(40) {
        match queue.insert_task(&say("lost")).await {
            Err(error @ QueueError::Store(StoreError::Pooled { .. })) => {
                assert!(error.to_string().contains("`.pgbouncer(true)`"), "{error}");
                return;
            }
            // tokio-postgres gets this error at its first statement.
            other => assert!(mode == Mode::Blocking, "{other:?}"),
        }
    }
    panic!("two clients should have used the same session");
}

/// Turns prepared statements off, as an application behind a pooler does.
#[derive(Debug)]
struct PreparesNothing;

impl CustomizeConnection<PgConnection, Error> for PreparesNothing {
    fn on_acquire(&self, connection: &mut PgConnection) -> Result<(), Error> {
        connection.set_prepared_statement_cache_size(CacheSize::Disabled);
        Ok(())
    }
}

/// The pool of the application goes through the pooler too.
async fn pools_keep_connections_of_the_application_without_session_settings(mode: Mode) {
    let world = World::postgres(mode).await;
    let bouncer = bouncer(&world).await;
    for size in [1, 2, 4] {
        let builder = Pool::builder().max_size(size).connection_timeout(PATIENCE);
        let builder = builder.connection_customizer(Box::new(PreparesNothing));
        let connections = builder.build(ConnectionManager::new(bouncer.uri())).unwrap();
        let queue = fang_blocking::Queue::builder().connection_pool(connections).pgbouncer(true).build();
        let queue = Queue::Blocking(queue);
        let mut pool = queue.pool(5, &world.stage).lease(QUICK).start().await;
        queue.insert_task(&say("ours")).await.unwrap();
        assert_eq!(world.heard().await, "ours");
        pool.shutdown(PATIENCE).await;
    }
    nothing_is_left(&bouncer).await;
}
