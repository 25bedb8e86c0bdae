//! What each look at a large table costs: its time, and how many rows the server reads for it.
//!
//! `FANG_SCALE_ROWS` says how many tasks there are. With the full 5,000,000 (`make scale ROWS=5000000`) a look that takes
//! over 20 ms fails the test; with fewer, times are only printed, since other programs may take the processor meanwhile.

// Tests report by panics.
#![allow(clippy::unwrap_used)]

use fang_asynk::{AsyncBackend, AsyncQueue, NoTls};
use fang_core::FangTaskState;
use fang_core::store::{Filter, PageRequest};
use fang_postgres::settings::Role;
use fang_postgres::{Schema, Statements};
use fang_test_support::{TestDatabase, fill};
use std::collections::HashSet;
use std::fmt::Write;
use tokio_postgres::{Client, SimpleQueryMessage};

/// Without the variable: as many as a test can fill in about a second.
const FEW: i64 = 30_000;

const FULL: i64 = 5_000_000;

const AT_MOST_MS: f64 = 20.0;

/// The times are the best of this many runs, since others use the machine as well.
const RUNS: usize = 5;

/// A statement, what it looks for, its parameters, and the most rows that it may read. `FILTER` stands for the
/// parameters of `matches.sql`, `ID` for several places in the order of ids, and `AT` for several instants.
type Look = (&'static str, &'static str, &'static str, u64);

const BY_ID: u64 = 10_000;
const BY_INSTANT: u64 = 4_000;

const NONE: &str = "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL";
const FAILED: &str = "NULL, '{failed}', NULL, NULL, NULL, NULL, 'nowhere', NULL, NULL, NULL, NULL";
const READY: &str = "'type1', '{new,retried}', NULL, 'None', NULL, NULL, NULL, NULL, NULL, NULL, NULL";

const LOOKS: &[Look] = &[
    ("look_newest", "any, 100 tasks", "FILTER, ID, 10000, 100, NULL, NULL", 101),
    (
        "look_newest",
        "kind",
        "NULL, NULL, NULL, 'None', NULL, NULL, NULL, NULL, NULL, NULL, NULL, ID, 10000, 100, NULL, NULL",
        BY_ID,
    ),
    (
        "look_newest",
        "tag",
        "NULL, NULL, 'none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ID, 10000, 100, NULL, NULL",
        BY_ID,
    ),
    (
        "look_newest",
        "age",
        "NULL, NULL, NULL, NULL, 100000000000000000, NULL, NULL, NULL, NULL, NULL, NULL, ID, 10000, 100, NULL, NULL",
        BY_ID,
    ),
    (
        "look_newest",
        "error text",
        "NULL, NULL, NULL, NULL, NULL, NULL, 'nowhere', NULL, NULL, NULL, NULL, ID, 10000, 100, NULL, NULL",
        BY_ID,
    ),
    (
        "look_newest",
        "payload path",
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{\"user\":{\"id\":-1}}', NULL, NULL, NULL, ID, 10000, 100, NULL, NULL",
        BY_ID,
    ),
    (
        "look_newest",
        "count of waiting",
        "NULL, '{new,retried}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ID, 10000, 10000, NULL, NULL",
        BY_ID,
    ),
    (
        "look_newest",
        "priority",
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, ID, 10000, 100, NULL, NULL",
        BY_ID,
    ),
    ("look_newest", "crowd of an instant", "FILTER, ID, 10000, 100, now(), 1", BY_ID),
    (
        "look_oldest",
        "change of a kind",
        "NULL, '{failed}', NULL, 'None', NULL, NULL, NULL, NULL, now(), NULL, NULL, ID, 1000",
        BY_ID,
    ),
    ("look_running", "count of running", "FILTER, ID, 10000, 10000", BY_ID),
    ("look_ended", "failed, error text", "FAILED, AT, 4000, 100, NULL", BY_INSTANT),
    ("look_kept", "failed, error text", "FAILED, AT, 4000, 100, NULL", BY_INSTANT),
    ("look_ready", "task type, kind", "READY, '-infinity', 4000, 100, NULL, 2, 1", BY_INSTANT),
    ("look_ready", "task type, kind", "READY, now(), 4000, 100, NULL, 2, 1", BY_INSTANT),
    ("list_running", "1,000 tasks", "ID, 1000", 1_000),
    ("errors", "groups", "'infinity', 'infinity'", BY_INSTANT),
    ("depths", "one task type", "'type1', 1000, 10001, 20002", 10_001 + 30),
    ("depths", "all task types", "NULL, 1000, 10001, 20002", 20_002 + 1_000),
];

struct Cost {
    ms: f64,
    rows: u64,
}

async fn cost(client: &Client, name: &str, values: &str) -> Cost {
    let statements = Statements::new(&Schema::default());
    let all = statements.all();
    let (_, sql) = all.iter().find(|(known, _)| *known == name).unwrap();
    let begin = format!("{}; PREPARE look AS {sql}", Role::begin_look(false));
    client.batch_execute(&begin).await.unwrap();
    let execute =
        if values.is_empty() { "EXECUTE look".to_owned() } else { format!("EXECUTE look({values})") };
    let mut best = Cost { ms: f64::MAX, rows: 0 };
    for _ in 0..RUNS {
        let explain = format!("EXPLAIN (ANALYZE, TIMING OFF) {execute}");
        let plan = client.simple_query(&explain).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let line = |message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(|line| line.to_owned() + "\n"),
            _ => None,
        };
        let plan: String = plan.into_iter().filter_map(line).collect();
        best = Cost { ms: best.ms.min(number_behind(&plan, "Execution Time: ")), rows: rows_read(&plan) };
    }
    client.batch_execute("ROLLBACK; DEALLOCATE ALL").await.unwrap();
    best
}

/// The rows that the scans of the table returned or filtered out.
fn rows_read(plan: &str) -> u64 {
    let is_scan = |line: &str| line.contains(" on fang_tasks ");
    let lines: Vec<&str> = plan.lines().collect();
    let mut sum = 0.0;
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_scan(line)) {
        let details = lines[at + 1..].iter().take_while(|line| !line.contains("->"));
        let removed = details.map(|line| number_behind(line, "Rows Removed by Filter: "));
        let actual = line.rsplit("(actual").next().unwrap_or_default();
        sum += (number_behind(actual, "rows=") + removed.sum::<f64>()) * number_behind(actual, "loops=");
    }
    sum as u64
}

fn number_behind(text: &str, name: &str) -> f64 {
    let rest = text.rsplit_once(name).map(|(_, rest)| rest).unwrap_or_default();
    let end = rest.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(rest.len());
    rest[..end].parse().unwrap_or(0.0)
}

/// Whatever place a page begins at.
#[tokio::test]
async fn a_look_at_a_large_table_reads_a_bounded_number_of_rows() {
    let rows = std::env::var("FANG_SCALE_ROWS").map_or(FEW, |rows| rows.parse().unwrap());
    let database = TestDatabase::create().await.unwrap();
    let queue: AsyncQueue<NoTls> = AsyncQueue::builder().uri(database.uri()).max_pool_size(1_u32).build();
    queue.migrate().await.unwrap();
    let client = database.client().await.unwrap();
    fill(&client, rows).await.unwrap();
    let ids = "SELECT id::text FROM fang_tasks ORDER BY id OFFSET $1 LIMIT 1";
    let mut ids_at = Vec::new();
    for part in [0, 1, 2] {
        ids_at.push(client.query_one(ids, &[&((rows - 1) * part / 2)]).await.unwrap().get::<_, String>(0));
    }
    let (mut table, mut broken) = (format!("{rows} tasks\n"), Vec::new());
    for (name, what, values, at_most) in LOOKS {
        let values = values.replace("FILTER", NONE).replace("FAILED", FAILED).replace("READY", READY);
        let ids = ids_at.iter().map(|id| values.replace("ID,", &format!("'{id}',")));
        let instants = ["'infinity'", "now() - interval '1 h'", "now() - interval '3 days'"];
        let places: Vec<String> = ids
            .flat_map(|values| instants.map(|at| values.replace("AT,", &format!("{at},"))))
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        let mut worst = Cost { ms: 0.0, rows: 0 };
        for values in &places {
            let cost = cost(&client, name, values).await;
            worst = Cost { ms: worst.ms.max(cost.ms), rows: worst.rows.max(cost.rows) };
        }
        let Cost { ms, rows: read } = worst;
        writeln!(table, "| `{name}` | {what} | {} | {ms:.1} | {read} |", places.len()).unwrap();
        if read > *at_most || (rows >= FULL && ms > AT_MOST_MS) {
            broken.push(format!("{name} ({what}): {ms} ms, {read} rows, at most {at_most}"));
        }
    }
    println!("{table}");
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A hundred thousand of them, each with as many tasks: due ones, later ones, or both.
const TYPES: &str = "
    INSERT INTO fang_tasks (metadata, task_type, mode, priority, scheduled_at)
    SELECT '{}', 'customer ' || lpad((n % 100000)::text, 6, '0'), 1 + n % 2, n % 4, now() + (n % 7200 - 3600) * interval '1 s'
    FROM generate_series(1, $1::bigint) n";

/// Wherever it begins.
#[tokio::test]
async fn a_look_for_task_types_with_tasks_reads_a_bounded_number_of_rows() {
    let rows = std::env::var("FANG_SCALE_ROWS").map_or(FEW, |rows| rows.parse().unwrap());
    let database = TestDatabase::create().await.unwrap();
    let queue: AsyncQueue<NoTls> = AsyncQueue::builder().uri(database.uri()).max_pool_size(1_u32).build();
    queue.migrate().await.unwrap();
    let client = database.client().await.unwrap();
    client.execute(TYPES, &[&rows]).await.unwrap();
    client.batch_execute("ANALYZE fang_tasks").await.unwrap();
    for from in ["", "customer 015000", "customer 099990"] {
        let Cost { ms, rows: read } =
            cost(&client, "ready_types", &format!("'{from}', 1, 1500000, 1500")).await;
        println!("| `ready_types` | task types with tasks from {from:?} | 1 | {ms:.1} | {read} |");
        assert!(read <= 1_600 && (rows < FULL || ms <= AT_MOST_MS), "{ms} ms, {read} rows");
    }
}

/// No index has their order. They are walked by their ids.
#[tokio::test]
async fn pages_pass_thousands_of_tasks_of_one_instant_and_each_once() {
    let database = TestDatabase::create().await.unwrap();
    let queue: AsyncQueue<NoTls> = AsyncQueue::builder().uri(database.uri()).max_pool_size(1_u32).build();
    queue.migrate().await.unwrap();
    let client = database.client().await.unwrap();
    let fill = "INSERT INTO fang_tasks (metadata, state, mode, updated_at, scheduled_at)
        SELECT '{}', $1::text::fang_task_state, 1, at, at
        FROM generate_series(1, 9000) n, LATERAL (
            SELECT '2020-01-01'::timestamptz + CASE WHEN n % 3 = 0 THEN n ELSE 0 END * interval '1 s' AS at
        ) instant";
    for state in ["failed", "new"] {
        client.execute(fill, &[&state]).await.unwrap();
    }
    let common = Some("common".to_owned());
    let waiting = Filter { waiting: true, task_type: common, limit: 700, ..Filter::default() };
    let failed = Filter { limit: 700, ..Filter::in_state(FangTaskState::Failed) };
    for filter in [failed, waiting] {
        let (mut request, mut ids, mut tasks) = (PageRequest::new(&filter), HashSet::new(), 0);
        loop {
            let page = queue.admin().unwrap().page(&request).await.unwrap();
            tasks += page.tasks.len();
            ids.extend(page.tasks.iter().map(|task| task.id));
            let Some(next) = page.next else { break };
            request = request.after(next);
        }
        assert_eq!((ids.len(), tasks), (9_000, 9_000), "{filter:?}");
    }
}
