//! The plans that the server makes for the statements.

// Tests report by panics.
#![allow(clippy::unwrap_used)]

use fang_asynk::{AsyncQueue, NoTls};
use fang_postgres::{DoctorStatements, Schema, Statements, only_rows};
use fang_test_support::TestDatabase;
use tokio_postgres::Client;

struct World {
    client: Client,
    database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let queue: AsyncQueue<NoTls> = AsyncQueue::builder().uri(database.uri()).max_pool_size(1_u32).build();
        queue.migrate().await.unwrap();
        Self { client: database.client().await.unwrap(), database }
    }
}

#[tokio::test]
async fn every_statement_can_be_prepared_in_the_search_path_and_in_a_named_schema() {
    let world = World::new().await;
    for schema in [Schema::default(), Schema::named("public").unwrap()] {
        let (ours, of_doctor) = (Statements::new(&schema), DoctorStatements::new(&schema));
        for (name, sql) in [ours.all(), of_doctor.all()].concat() {
            world.client.prepare(sql).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

/// The statements that a pool sends all the time, with example parameters for EXPLAIN.
const ENGINE: [(&str, &str); 4] = [
    (
        "claim",
        "1, 'common', '{1,0,1,0,1,0,1,0}', '{0,0,1,1,2,2,3,3}', array_fill('-infinity'::timestamptz, '{8}'), 100, 0, '{}'",
    ),
    (
        "claim_with_next",
        "1, 'common', '{1,0,1,0,1,0,1,0}', '{0,0,1,1,2,2,3,3}', array_fill('-infinity'::timestamptz, '{8}'), 100, 0, 3600000000, '{}'",
    ),
    ("finish_remove", "1, '{}', '{}'"),
    ("finish", "1, '{}', '{}', '{}', '{}', '{}'"),
];

/// Returns the generic plan of a statement, with the settings of an engine connection.
async fn kept_plan(client: &Client, name: &str, values: &str, options: &str) -> String {
    let statements = Statements::new(&Schema::default());
    let all = statements.all();
    let (_, sql) = all.iter().find(|(known, _)| *known == name).unwrap();
    plan(client, sql, values, options).await
}

async fn plan(client: &Client, sql: &str, values: &str, options: &str) -> String {
    let settings = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off;
        SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan; DEALLOCATE ALL";
    client.batch_execute(settings).await.unwrap();
    client.batch_execute(&format!("PREPARE statement AS {sql}")).await.unwrap();
    let rows = client.query(&format!("EXPLAIN {options} EXECUTE statement({values})"), &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0) + "\n").collect()
}

#[tokio::test]
async fn a_turn_of_the_clock_moves_every_instant_of_every_table() {
    let world = World::new().await;
    let columns = "SELECT table_name::text, column_name::text FROM information_schema.columns
        WHERE table_schema = current_schema() AND data_type = 'timestamp with time zone'";
    let columns = world.client.query(columns, &[]).await.unwrap();
    assert!(columns.len() > 20);
    let turn = Statements::new(&Schema::default()).turn;
    for column in &columns {
        let (table, name): (&str, &str) = (column.get(0), column.get(1));
        let update =
            turn.split_once(&format!("UPDATE {table} t")).and_then(|(_, rest)| rest.split_once("FROM turn"));
        let is_moved = update.is_some_and(|(sets, _)| sets.contains(&format!("{name} = t.{name} - span")));
        // Rows whose instant is in their key are removed and inserted.
        let is_moved = is_moved
            || turn.contains(&format!("INSERT INTO {table} ({name}, is_hour, is_kind, name, counts)"));
        assert!(is_moved, "{table}.{name}");
    }
}

/// The statements that are sent for single rows when the server refused them for all.
#[tokio::test]
async fn statements_over_many_rows_can_be_limited_to_some() {
    let world = World::new().await;
    let statements = Statements::new(&Schema::default());
    for sql in [
        &statements.rescue,
        &statements.prune_tasks,
        &statements.write_claims_of_dead,
        &statements.cancellations,
    ] {
        assert_ne!(only_rows(sql), *sql);
        world.client.prepare(&only_rows(sql)).await.unwrap();
    }
    fill(&world.client, 50_000, "-n").await;
    world.client.batch_execute("ANALYZE fang_tasks").await.unwrap();
    for (sql, values) in [(&statements.claim, ENGINE[0].1), (&statements.disown, "1, '{}', '{}', '{}'")] {
        let plan = plan(&world.client, &only_rows(sql), values, "").await;
        assert!(
            plan.contains("Index Scan using fang_tasks_pkey") || plan.contains("fang_tasks_running"),
            "{plan}"
        );
    }
}

async fn fill(client: &Client, rows: i64, due: &str) {
    let sql = format!(
        "INSERT INTO fang_tasks (metadata, mode, scheduled_at)
         SELECT '{{}}', 1, now() + {due} * interval '1 second' FROM generate_series(1, $1::bigint) n"
    );
    client.execute(&sql, &[&rows]).await.unwrap();
}

/// Whether every index scan has a condition, so that none walks a whole index.
fn looks_up_each_row(plan: &str) -> bool {
    let lines: Vec<&str> = plan.lines().collect();
    let mut scans = lines.iter().enumerate().filter(|(_, line)| line.contains("Scan using"));
    let conditional = scans.all(|(at, _)| lines.get(at + 1).is_some_and(|next| next.contains("Index Cond")));
    conditional && !["Seq Scan", "Sort", "Bitmap"].iter().any(|bad| plan.contains(bad))
}

/// There may be millions of tasks, and thousands of task types.
#[tokio::test]
async fn a_look_for_unserved_task_types_reads_a_few_tasks_of_each_type() {
    let world = World::new().await;
    for rows in [0, 10_000] {
        fill(&world.client, rows, "n").await;
        let plan = kept_plan(&world.client, "unserved", "'', 1000", "(ANALYZE, COSTS OFF)").await;
        let lines: Vec<&str> = plan.lines().collect();
        let scans: Vec<&str> = (0..lines.len())
            .filter(|at| lines[*at].contains(" on fang_tasks "))
            .map(|at| lines.get(at + 1).copied().unwrap_or_default())
            .collect();
        let bounds = ["(task_type > ", "(priority = p.priority) AND (scheduled_at < "];
        assert!(bounds.iter().all(|bound| scans.iter().any(|scan| scan.contains(bound))), "{plan}");
        assert_eq!(scans.len(), bounds.len(), "{plan}");
        assert!(plan.contains("NOT (hashed SubPlan"), "{plan}");
    }
}

/// There may be millions of tasks, and thousands of task types.
#[tokio::test]
async fn a_look_for_task_types_with_tasks_reads_one_entry_of_each_scan_range() {
    let world = World::new().await;
    let spread =
        "UPDATE fang_tasks SET task_type = 'type ' || task_type || length(id::text) % 7 || left(id::text, 2)";
    for (rows, due) in [(0, "n"), (5_000, "n"), (5_000, "-n")] {
        fill(&world.client, rows, due).await;
        world.client.batch_execute(spread).await.unwrap();
        for tide in ["", "ANALYZE fang_tasks", "VACUUM ANALYZE fang_tasks"] {
            world.client.batch_execute(tide).await.unwrap();
            let plan =
                kept_plan(&world.client, "ready_types", "'', 1, 1500000, 100", "(ANALYZE, COSTS OFF)").await;
            let scans = plan.lines().filter(|line| line.contains("using fang_tasks_ready on fang_tasks"));
            assert!(scans.clone().all(|line| rows_of(line) <= 1) && scans.count() == 2, "{plan}");
            assert_eq!(
                plan.matches("Index Cond: (ROW(task_type, mode, priority) > ROW(").count(),
                2,
                "{plan}"
            );
            assert!(!["Seq Scan", "Sort", "Bitmap", "Hash"].iter().any(|bad| plan.contains(bad)), "{plan}");
        }
    }
}

/// There may be millions of tasks. Neither the whole table is read, nor the whole index.
#[tokio::test]
async fn a_count_of_waiting_tasks_stops_at_its_limit() {
    let world = World::new().await;
    for rows in [0, 30_000] {
        fill(&world.client, rows, "-n").await;
        for task_type in ["NULL", "'common'"] {
            let values = format!("{task_type}, 1000, 10001, 20002");
            let plan = kept_plan(&world.client, "depths", &values, "(ANALYZE, COSTS OFF)").await;
            assert!(
                !["Seq Scan on fang_tasks", "Sort Key: t", "Bitmap"].iter().any(|bad| plan.contains(bad)),
                "{plan}"
            );
            let read = plan.lines().filter(|line| line.contains(" on fang_tasks ")).map(rows_of);
            assert!(read.max() <= Some(10_001), "{plan}");
        }
    }
}

/// How many rows a step of a plan returned each time.
fn rows_of(line: &str) -> u64 {
    let rows = line.rsplit("rows=").next().and_then(|rest| rest.split([' ', '.']).next());
    rows.and_then(|rows| rows.parse().ok()).unwrap_or(0)
}

/// The server may keep a plan that it made while the table was empty, so that plan must suit a full table too.
#[tokio::test]
async fn the_statements_of_the_engine_look_up_each_row_with_any_table_statistics() {
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
    // An hour away: a busy machine takes seconds until the claim.
    fill(&world.client, 20_000, "(3600 + n)").await;
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

#[tokio::test]
async fn a_claim_that_tells_of_the_next_task_reads_one_future_row_of_each_scan_range() {
    let world = World::new().await;
    for (rows, due) in [(20_000, "n"), (20_000, "2 * n"), (3, "-n")] {
        fill(&world.client, rows, due).await;
    }
    let prepare =
        "INSERT INTO fang_workers (info) VALUES ('{}'); UPDATE fang_tasks SET priority = 1 WHERE id IN (
        SELECT id FROM fang_tasks WHERE scheduled_at > now() LIMIT 10000); ANALYZE fang_tasks";
    world.client.batch_execute(prepare).await.unwrap();
    let (name, values) = ENGINE[1];
    let plan = kept_plan(&world.client, name, values, "(ANALYZE, TIMING OFF)").await;
    let of_index = plan.lines().filter(|line| line.contains("Scan using fang_tasks_ready"));
    let read: u64 = of_index.map(rows_of).max().unwrap();
    assert!(read <= 1 && !plan.contains("Rows Removed by Filter"), "{plan}");
    assert!(looks_up_each_row(&plan), "{plan}");
}

/// The index of running tasks is full of dead entries of finished ones. Only an index scan, not a bitmap scan,
/// marks them.
#[tokio::test]
async fn lost_tasks_are_searched_by_an_index_scan() {
    let world = World::new().await;
    for (name, values) in [("disown", "1, '{}', '{}', '{}'"), ("rescue", "30000000, 3, '{}'")] {
        let plan = kept_plan(&world.client, name, values, "").await;
        assert!(plan.contains("Index Scan using fang_tasks_running"), "{plan}");
        assert!(!plan.contains("Bitmap"), "{plan}");
    }
}

/// Hundreds of lists are written a second, and a long transaction keeps the server from removing their dead rows.
#[tokio::test]
async fn lists_of_locked_tasks_are_read_from_the_first_live_one() {
    let world = World::new().await;
    let range = "1, 'common', '{1}', '{0}', '{-infinity}', 100, 9, '{t}', '{}'";
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

/// Every pool prunes once a minute, so the statement must not read waiting tasks or tasks that are kept for longer.
#[tokio::test]
async fn a_prune_reads_no_task_that_stays() {
    let world = World::new().await;
    fill(&world.client, 20_000, "-n").await;
    let end = "UPDATE fang_tasks SET state = 'finished', updated_at = now() - interval '1 day'
        WHERE id IN (SELECT id FROM fang_tasks LIMIT 5);
        UPDATE fang_tasks SET state = 'failed', updated_at = now() - interval '1 day', keep_until = now() + n * interval '1 hour'
        FROM (SELECT id, row_number() OVER () - 7 AS n FROM fang_tasks WHERE state = 'new' LIMIT 100) AS kept
        WHERE kept.id = fang_tasks.id; ANALYZE fang_tasks";
    world.client.batch_execute(end).await.unwrap();
    for (name, values, index, rows) in [
        ("prune_tasks", "3600000000, 1000, '{}'", "fang_tasks_ended", "rows=5 "),
        ("prune_kept", "1000, '{}'", "fang_tasks_kept", "rows=7 "),
    ] {
        let plan = kept_plan(&world.client, name, values, "(ANALYZE, TIMING OFF)").await;
        assert!(plan.contains(&format!("Index Scan using {index}")) && plan.contains(rows), "{plan}");
        assert!(!plan.contains("Seq Scan") && !plan.contains("Rows Removed by Filter"), "{plan}");
    }
}

#[tokio::test]
async fn a_prune_reads_no_minute_that_stays() {
    let world = World::new().await;
    let fill = "INSERT INTO fang_minutes
        SELECT is_hour, date_trunc('minute', now()) - n * interval '1 minute', is_kind, 'name ' || t, '{}'
        FROM generate_series(1, 200) n, (VALUES (false), (true)) AS hours (is_hour), (VALUES (false), (true)) AS kinds (is_kind),
            generate_series(1, 50) t;
        INSERT INTO fang_minutes SELECT is_hour, now() + age * interval '1 day', false, 'mail', '{}'
        FROM (VALUES (false), (true)) AS hours (is_hour), (VALUES (-200), (-100), (2)) AS ages (age);
        ANALYZE fang_minutes";
    world.client.batch_execute(fill).await.unwrap();
    let plan = kept_plan(&world.client, "prune_minutes", "1000, 0", "(ANALYZE, TIMING OFF)").await;
    assert!(!plan.contains("Seq Scan") && !plan.contains("Rows Removed by Filter"), "{plan}");
    let left = "SELECT count(*) FROM fang_minutes WHERE name = 'mail'";
    assert_eq!(
        world.client.query_one(left, &[]).await.unwrap().get::<_, i64>(0),
        1,
        "an hour of 100 days ago"
    );
}

/// Cancellations are few, so the plan must not depend on the number of tasks.
#[tokio::test]
async fn tasks_to_cancel_are_looked_up_by_id() {
    let world = World::new().await;
    for rows in [0, 50_000] {
        fill(&world.client, rows, "-n").await;
        world.client.batch_execute("ANALYZE fang_tasks").await.unwrap();
        let plan = kept_plan(&world.client, "cancellations", "1, '{}'", "").await;
        assert!(plan.contains("Index Scan using fang_tasks_pkey"), "{plan}");
        assert!(!plan.contains("Seq Scan on fang_tasks"), "{plan}");
    }
}

/// Twelve hours of fifty task types and as many kinds.
#[tokio::test]
async fn minutes_and_workers_are_listed_by_their_primary_keys() {
    let world = World::new().await;
    let fill = "INSERT INTO fang_minutes
        SELECT is_hour, date_trunc('minute', now()) - n * interval '1 minute', is_kind, 'name ' || t, '{}'
        FROM generate_series(1, 720) n, (VALUES (false), (true)) AS hours (is_hour), (VALUES (false), (true)) AS kinds (is_kind),
            generate_series(1, 50) t;
        INSERT INTO fang_workers (info) SELECT '{}' FROM generate_series(1, 1000); ANALYZE fang_minutes, fang_workers";
    world.client.batch_execute(fill).await.unwrap();
    let from = "now() - interval '2 hours'";
    for (name, values, index) in [
        ("minutes", format!("{from}, NULL, NULL, 100, false, false"), "fang_minutes_pkey"),
        (
            "minutes",
            format!("{from}, now() - interval '1 hour', 'name 7', 100, true, false"),
            "fang_minutes_pkey",
        ),
        ("workers", "17, 100".to_owned(), "fang_workers_pkey"),
    ] {
        let plan = kept_plan(&world.client, name, &values, "(ANALYZE)").await;
        assert!(plan.contains(&format!("using {index}")) && !plan.contains("Seq Scan"), "{name}:\n{plan}");
        assert!(!plan.contains("Removed by Filter"), "a page reads no other rows:\n{plan}");
        // The order of the index is kept up to the limit. Only a page is sorted.
        assert!(plan.split_once("Limit").is_none_or(|(_, below)| !below.contains("Sort")), "{name}:\n{plan}");
    }
}

/// As while pools start after a restore: a `setval` of one would take back the ids that others have got meanwhile.
#[tokio::test]
async fn no_worker_id_is_given_twice_while_others_put_the_sequence_right() {
    let world = World::new().await;
    let row = "INSERT INTO fang_workers (id, info) OVERRIDING SYSTEM VALUE VALUES (50, '{}')";
    world.client.batch_execute(row).await.unwrap();
    let raise = Statements::new(&Schema::default()).raise_worker_id.replace("$1", "'fang_workers'");
    let raise = format!("DO $do$ BEGIN FOR n IN 1..50000 LOOP EXECUTE $q${raise}$q$; END LOOP; END $do$");
    let other = world.database.client().await.unwrap();
    let raised = tokio::spawn(async move { other.batch_execute(&raise).await });
    let mut last = 0;
    let take = "SELECT n, nextval('fang_workers_id_seq') FROM generate_series(1, 1000) n ORDER BY n";
    while !raised.is_finished() || last == 0 {
        for row in world.client.query(take, &[]).await.unwrap() {
            let (before, id) = (std::mem::replace(&mut last, row.get(1)), row.get::<_, i64>(1));
            assert!(before < id, "{id} after {before}");
        }
    }
    raised.await.unwrap().unwrap();
    assert!(last > 50);
}
