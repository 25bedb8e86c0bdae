//! How many sessions of the server a pool takes, and what each of them is for.

use crate::seam::{Mode, Options, PATIENCE, QUICK, World, say, until};
use fang_test_support::{Cluster, Durability, TestDatabase};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Instant;
use uuid::Uuid;

crate::each_mode! {
    each_session_of_a_pool_has_one_purpose_and_there_are_as_many_as_it_needs,
}

/// What a session does: it has rows of tasks locked, and writes none; or else by its last statement, where that tells.
const PURPOSES: &str = "SELECT pid, purpose FROM (
        SELECT pid, CASE
            WHEN state LIKE 'idle in transaction%' AND locks @> '{RowShareLock}' AND NOT locks @> '{RowExclusiveLock}'
                THEN 'lock-claims'
            WHEN state <> 'idle' THEN NULL
            WHEN query ~ 'beat_at|INTO fang_workers' THEN 'heart'
            WHEN query ~ 'WHERE id = \\$1\\s*$' THEN 'calls'
            WHEN query LIKE '%fang\\_%' THEN 'engine'
        END AS purpose
        FROM pg_stat_activity session, LATERAL (
            SELECT array_agg(mode) AS locks FROM pg_locks
            WHERE pid = session.pid AND relation = 'fang_tasks'::regclass
        ) of_tasks
        WHERE datname = current_database() AND pid <> pg_backend_pid()
    ) session";

const END_ALL: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// What the sessions that there are were seen to do, by their process ids.
#[derive(Default)]
struct Seen(BTreeMap<i32, BTreeSet<String>>);

impl Seen {
    /// Looks, right after a call of the application.
    async fn look(&mut self, world: &World) {
        world.queue.find_task_by_id(Uuid::nil()).await.unwrap();
        let rows = world.client().query(PURPOSES, &[]).await.unwrap();
        let purposes: BTreeMap<i32, Option<String>> =
            rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        self.0.retain(|pid, _| purposes.contains_key(pid));
        for (pid, purpose) in purposes {
            self.0.entry(pid).or_default().extend(purpose);
        }
    }

    /// How many sessions there are for each purpose.
    fn counts(&self) -> BTreeMap<&str, i64> {
        let mut counts = BTreeMap::new();
        for purposes in self.0.values() {
            let mut purposes: Vec<&str> = purposes.iter().map(String::as_str).collect();
            // Those of the engine do nothing that tells; the others have such statements as well.
            if purposes.len() > 1 {
                purposes.retain(|purpose| *purpose != "engine");
            }
            assert!(purposes.len() <= 1, "one session for several: {:?}", self.0);
            *counts.entry(purposes.first().copied().unwrap_or("not known")).or_default() += 1;
        }
        counts
    }
}

/// A backlog of short tasks, if there is none.
async fn refill(world: &World) {
    if world.number("SELECT count(*) FROM fang_tasks").await < 1_000 {
        let backlog = (0..5_000).map(|_| world.new_task(&say("short"))).collect();
        world.queue.insert_tasks(backlog).await.unwrap();
    }
}

/// Looks until so many sessions are known for each purpose, and there are no others.
async fn has(world: &World, is_busy: bool, engine: RangeInclusive<i64>, others: &[(&str, i64)]) {
    let (mut seen, others) = (Seen::default(), BTreeMap::from_iter(others.iter().copied()));
    let end = Instant::now() + PATIENCE;
    loop {
        if is_busy {
            refill(world).await;
        }
        seen.look(world).await;
        let mut counts = seen.counts();
        let of_engine = counts.remove("engine").unwrap_or_default();
        if counts == others && engine.contains(&of_engine) {
            return;
        }
        assert!(Instant::now() < end, "{engine:?} {others:?}, not {of_engine} {counts:?}");
    }
}

async fn each_session_of_a_pool_has_one_purpose_and_there_are_as_many_as_it_needs(mode: Mode) {
    // A server of its own, which keeps more than the first kilobyte of each statement.
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let mut world = World::in_database(mode, database).await;
    world.queue.migrate().await.unwrap();
    // A notification would be a call beside those of the test.
    world.number(END_ALL).await;
    world.queue = mode.queue_with(world.uri(), &Options { notify: false, ..Options::default() });
    has(&world, false, 0..=0, &[("calls", 1)]).await;
    let mut pool = world.pool(2).lease(QUICK).start().await;
    let all = [("calls", 1), ("heart", 1), ("lock-claims", 2)];
    // The second opens when two things have to be done at once, as they may be at the start.
    has(&world, false, 1..=2, &[("calls", 1), ("heart", 1)]).await;
    has(&world, true, 2..=2, &all).await;
    // As many come back, each for its purpose.
    assert_eq!(world.number(END_ALL).await, 6);
    until(async || world.queue.find_task_by_id(Uuid::nil()).await.is_ok()).await;
    has(&world, true, 2..=2, &all).await;
    pool.shutdown(PATIENCE).await;
    drop(pool);
    has(&world, false, 0..=0, &[("calls", 1)]).await;
}
