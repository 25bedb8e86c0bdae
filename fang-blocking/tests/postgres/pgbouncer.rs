//! What only matters behind a pooler that hands connections on from transaction to transaction.

use crate::world::{Ear, PATIENCE, World, ear, heard, say, until};
use diesel::connection::CacheSize;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error, Pool};
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use fang_blocking::{Backend, Lease, Queue, WorkerPool, block_on};
use fang_core::lanes::{Lanes, Start};
use fang_core::store::Claim;
use fang_core::{FangError, Mode, NewTask, QueueError, Queueable, StoreError};
use fang_test_support::PgBouncer;
use std::collections::HashSet;
use std::time::Duration;

/// Sessions of the server that all share.
const SESSIONS: usize = 3;

const QUICK: Lease =
    Lease { beat_every: Duration::from_millis(100), dead_after: Duration::from_millis(1000), max_crashes: 3 };

fn bouncer(world: &World) -> PgBouncer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(PgBouncer::start(world.database.uri(), SESSIONS)).unwrap()
}

/// The queue of a world, through a pooler.
fn pooled(bouncer: &PgBouncer) -> Queue {
    Queue::builder().uri(bouncer.uri()).pgbouncer(true).build()
}

fn pool(queue: &Queue, ear: Ear) -> WorkerPool<Queue> {
    WorkerPool::builder().number_of_workers(5_u32).queue(queue.clone()).lease(QUICK).state(ear).build()
}

#[derive(diesel::QueryableByName)]
struct Left {
    #[diesel(sql_type = Text)]
    left: String,
}

/// What lasts longer than a transaction, of the session that happens to answer. What diesel itself says
/// to each new connection, the pooler says for it.
const LEFT: &str = "SELECT coalesce(string_agg(thing, ', '), 'nothing') AS left FROM (
        SELECT name || ': ' || statement FROM pg_prepared_statements
        UNION ALL SELECT pg_listening_channels()
        UNION ALL SELECT 'an advisory lock' FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
        UNION ALL SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session' AND name NOT IN
            ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')
            AND name NOT LIKE 'transaction_%'
    ) AS things (thing)";

fn nothing_is_left(bouncer: &PgBouncer) {
    let mut client = PgConnection::establish(bouncer.uri()).unwrap();
    for _ in 0..SESSIONS * 2 {
        assert_eq!(sql_query(LEFT).get_result::<Left>(&mut client).unwrap().left, "nothing");
    }
}

#[test]
fn pools_share_a_few_sessions_run_each_task_once_and_leave_nothing_behind() {
    const TASKS: usize = 3_000;
    let world = World::without_schema();
    let bouncer = bouncer(&world);
    let queue = pooled(&bouncer);
    queue.migrate().unwrap();
    let (sender, ear) = ear();
    let mut pools = Vec::new();
    for _ in 0..3 {
        let mut pool = pool(&pooled(&bouncer), sender.clone());
        pool.start().unwrap();
        pools.push(pool);
    }
    let tasks = (0..TASKS).map(|n| NewTask::blocking(&say(&n.to_string())).unwrap());
    queue.insert_tasks(tasks.collect()).unwrap();
    until(|| world.number("SELECT count(*) FROM fang_tasks") == 0);
    for mut pool in pools {
        assert_eq!(pool.shutdown(PATIENCE).late_results, 0);
    }
    drop(sender);
    let runs: Vec<String> = ear.iter().collect();
    assert_eq!((runs.len(), runs.iter().collect::<HashSet<_>>().len()), (TASKS, TASKS));
    nothing_is_left(&bouncer);
}

/// What an application tells its own pool.
#[derive(Debug)]
struct PreparesNothing;

impl CustomizeConnection<PgConnection, Error> for PreparesNothing {
    fn on_acquire(&self, connection: &mut PgConnection) -> Result<(), Error> {
        connection.set_prepared_statement_cache_size(CacheSize::Disabled);
        Ok(())
    }
}

/// The application's own pool, too, reaches the server through the pooler.
#[test]
fn connections_of_the_application_are_kept_by_pools_and_told_nothing() {
    let world = World::new();
    let bouncer = bouncer(&world);
    for size in [1, 2, 4] {
        let builder = Pool::builder().max_size(size).connection_timeout(PATIENCE);
        let builder = builder.connection_customizer(Box::new(PreparesNothing));
        let connections = builder.build(ConnectionManager::new(bouncer.uri())).unwrap();
        let queue = Queue::builder().connection_pool(connections).pgbouncer(true).build();
        let (sender, ear) = ear();
        let mut pool = pool(&queue, sender);
        pool.start().unwrap();
        queue.insert_task(&say("ours")).unwrap();
        assert_eq!(heard(&ear), "ours");
        pool.shutdown(PATIENCE);
    }
    nothing_is_left(&bouncer);
}

#[test]
fn the_tasks_of_a_worker_that_fell_silent_run_elsewhere() {
    let world = World::new();
    let bouncer = bouncer(&world);
    let queue = pooled(&bouncer);
    queue.insert_task(&say("orphan")).unwrap();
    let dead = queue.engine().unwrap();
    let worker = block_on(dead.register("{}")).unwrap();
    let lanes = Lanes::new(Mode::Blocking).in_order(false, Start::Beginning);
    let claim = Claim { worker, task_type: "common", limit: 1, lanes: &lanes, crowded: false };
    assert_eq!(block_on(dead.claim(&claim)).unwrap().len(), 1);
    let (sender, ear) = ear();
    let mut pool = pool(&queue, sender);
    pool.start().unwrap();
    assert_eq!(heard(&ear), "orphan");
    pool.shutdown(PATIENCE);
}

#[test]
fn tasks_of_a_transaction_of_the_application_come_with_its_commit() {
    let world = World::new();
    let bouncer = bouncer(&world);
    let queue = pooled(&bouncer);
    let mut client = PgConnection::establish(bouncer.uri()).unwrap();
    for (text, commits) in [("no", false), ("yes", true)] {
        let outcome = client.transaction(|connection| {
            queue.insert_tasks_in(connection, vec![NewTask::blocking(&say(text))?])?;
            if commits { Ok(()) } else { Err(FangError::new("rolled back")) }
        });
        assert_eq!(outcome.is_ok(), commits);
    }
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 1);
    nothing_is_left(&bouncer);
}

/// Diesel counts the statements of each connection from nought, and two of them meet in one session.
#[test]
fn a_queue_that_was_not_told_says_what_to_do() {
    let world = World::new();
    let bouncer = bouncer(&world);
    let queues = [(); 4].map(|()| Queue::builder().uri(bouncer.uri()).max_pool_size(1_u32).build());
    let mut errors = (0..40).filter_map(|n: usize| queues[n % 4].insert_task(&say("lost")).err());
    let error = errors.find(|error| matches!(error, QueueError::Store(StoreError::Pooled { .. }))).unwrap();
    assert!(error.to_string().contains("`.pgbouncer(true)`"), "{error}");
}
