//! How the server runs the statements.

// A panic is how a test reports.
#![allow(clippy::unwrap_used)]

use fang_asynk::{AsyncQueue, NoTls};
use fang_postgres::{Schema, Statements};
use fang_test_support::TestDatabase;
use tokio_postgres::Client;

struct World {
    client: Client,
    _database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let queue: AsyncQueue<NoTls> = AsyncQueue::builder().uri(database.uri()).max_pool_size(1_u32).build();
        queue.migrate().await.unwrap();
        Self { client: database.client().await.unwrap(), _database: database }
    }
}

#[tokio::test]
async fn every_statement_can_be_prepared_in_the_search_path_and_in_a_named_schema() {
    let world = World::new().await;
    for schema in [Schema::default(), Schema::named("public").unwrap()] {
        for (name, sql) in Statements::new(&schema).all() {
            world.client.prepare(sql).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

/// The statements that a pool sends all the time, with parameters to explain them.
const ENGINE: [(&str, &str); 3] = [
    (
        "claim",
        "1, 'common', '{1,0,1,0,1,0,1,0}', '{0,0,1,1,2,2,3,3}', array_fill('-infinity'::timestamptz, '{8}'), 100, 0",
    ),
    ("finish_remove", "1, '{}', '{}'"),
    ("finish", "1, '{}', '{}', '{}', '{}', '{}'"),
];

/// How the server runs a statement once it has kept a plan for it, on a connection of the engine.
async fn kept_plan(client: &Client, name: &str, values: &str, options: &str) -> String {
    let statements = Statements::new(&Schema::default());
    let all = statements.all();
    let (_, sql) = all.iter().find(|(known, _)| *known == name).unwrap();
    let settings = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off;
        SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan; DEALLOCATE ALL";
    client.batch_execute(settings).await.unwrap();
    client.batch_execute(&format!("PREPARE statement AS {sql}")).await.unwrap();
    let rows = client.query(&format!("EXPLAIN {options} EXECUTE statement({values})"), &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0) + "\n").collect()
}

async fn fill(client: &Client, rows: i64, due: &str) {
    let sql = format!(
        "INSERT INTO fang_tasks (metadata, mode, scheduled_at)
         SELECT '{{}}', 1, now() + {due} * interval '1 second' FROM generate_series(1, $1::bigint) n"
    );
    client.execute(&sql, &[&rows]).await.unwrap();
}

/// Every index scan is told which rows it wants: it never walks an index from end to end.
fn looks_up_each_row(plan: &str) -> bool {
    let lines: Vec<&str> = plan.lines().collect();
    let mut scans = lines.iter().enumerate().filter(|(_, line)| line.contains("Scan using"));
    let conditional = scans.all(|(at, _)| lines.get(at + 1).is_some_and(|next| next.contains("Index Cond")));
    conditional && !["Seq Scan", "Sort", "Bitmap"].iter().any(|bad| plan.contains(bad))
}

/// A plan that was made while the table was empty serves on when it no longer is.
#[tokio::test]
async fn the_engine_looks_up_each_row_whatever_was_known_of_the_table_when_it_was_planned() {
    let world = World::new().await;
    let tides = ["", "ANALYZE fang_tasks", "DELETE FROM fang_tasks", "VACUUM ANALYZE fang_tasks"];
    for (rows, due) in [(0, "-n"), (10, "-n"), (50_000, "-n"), (50_000, "n")] {
        fill(&world.client, rows, due).await;
        for tide in tides {
            world.client.batch_execute(tide).await.unwrap();
            for (name, values) in ENGINE {
                let plan = kept_plan(&world.client, name, values, "").await;
                assert!(looks_up_each_row(&plan), "{name} with {rows} rows after {tide:?}:\n{plan}");
                assert!(plan.contains("Tid Scan on fang_tasks"), "{plan}");
            }
        }
    }
}

#[tokio::test]
async fn a_claim_reads_no_future_row() {
    let world = World::new().await;
    fill(&world.client, 20_000, "n").await;
    fill(&world.client, 3, "-n").await;
    world
        .client
        .batch_execute("INSERT INTO fang_workers (info) VALUES ('{}'); ANALYZE fang_tasks")
        .await
        .unwrap();
    let (name, values) = ENGINE[0];
    let plan = kept_plan(&world.client, name, values, "(ANALYZE, TIMING OFF)").await;
    assert!(plan.contains("Tid Scan on fang_tasks") && plan.contains("rows=3 "), "{plan}");
    assert!(!plan.contains("Rows Removed by Filter"), "{plan}");
}

/// The index of what runs is full of entries of what ran, and only such a scan marks them as dead.
#[tokio::test]
async fn what_nobody_holds_is_looked_for_by_an_index_scan() {
    let world = World::new().await;
    for (name, values) in [("disown", "1, '{}', '{}'"), ("rescue", "30000000, 3")] {
        let plan = kept_plan(&world.client, name, values, "").await;
        assert!(plan.contains("Index Scan using fang_tasks_running"), "{plan}");
        assert!(!plan.contains("Bitmap"), "{plan}");
    }
}

/// There are hundreds of lists a second, and a long transaction keeps the server from clearing those that are gone.
#[tokio::test]
async fn lists_are_read_from_where_they_begin() {
    let world = World::new().await;
    let range = "1, 'common', '{1}', '{0}', '{-infinity}', 100, 9, '{t}'";
    let list = "1, 0, 'common', 9, '{}', '{}', 1, 1, now(), '{8}', 9";
    let unlist = "1, '{}', '{}', 9";
    for (name, values) in
        [("first_listed", "9"), ("lock_claim", range), ("list_locked", list), ("unlist_unknown", unlist)]
    {
        let plan = kept_plan(&world.client, name, values, "").await;
        assert!(plan.contains("using fang_lock_claims_pkey on fang_lock_claims"), "{name}:\n{plan}");
        assert!(plan.contains("transaction >=") || plan.contains("transaction = ANY"), "{name}:\n{plan}");
        assert!(!plan.contains("Seq Scan on fang_lock_claims"), "{name}:\n{plan}");
    }
}

/// Every pool looks once a minute, whatever waits in the table, and whatever is kept for longer.
#[tokio::test]
async fn a_prune_looks_at_nothing_that_stays() {
    let world = World::new().await;
    fill(&world.client, 20_000, "-n").await;
    let end = "UPDATE fang_tasks SET state = 'finished', updated_at = now() - interval '1 day'
        WHERE id IN (SELECT id FROM fang_tasks LIMIT 5); ANALYZE fang_tasks";
    world.client.batch_execute(end).await.unwrap();
    let plan = kept_plan(&world.client, "prune_tasks", "3600000000, 1000", "(ANALYZE, TIMING OFF)").await;
    assert!(plan.contains("Index Scan using fang_tasks_ended") && plan.contains("rows=5 "), "{plan}");
    assert!(!plan.contains("Seq Scan") && !plan.contains("Rows Removed by Filter"), "{plan}");
}

/// However many tasks there are: those that are to be cancelled are few.
#[tokio::test]
async fn what_is_to_be_cancelled_is_looked_up_by_its_id() {
    let world = World::new().await;
    for rows in [0, 50_000] {
        fill(&world.client, rows, "-n").await;
        world.client.batch_execute("ANALYZE fang_tasks").await.unwrap();
        let plan = kept_plan(&world.client, "cancellations", "1", "").await;
        assert!(plan.contains("Index Scan using fang_tasks_pkey"), "{plan}");
        assert!(!plan.contains("Seq Scan on fang_tasks"), "{plan}");
    }
}
