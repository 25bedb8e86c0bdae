//! What each look at a large table costs: its time, and how many rows the server reads for it.
//!
//! `FANG_SCALE_ROWS` says how many tasks there are. With the full 5,000,000 (`make scale ROWS=5000000`) a look that takes
//! over 20 ms fails the test; with fewer, times are only printed, since other programs may take the processor meanwhile.

// Tests report by panics.
#![allow(clippy::unwrap_used)]

#[path = "scale/cost.rs"]
mod cost;
#[path = "scale/looks.rs"]
mod looks;

use cost::{Cost, cost};
use fang_asynk::{AsyncBackend, AsyncQueue, NoTls};
use fang_core::FangTaskState;
use fang_core::store::{Filter, PageRequest};
use fang_postgres::settings::Role;
use fang_test_support::{TestDatabase, fill, fill_fleet};
use looks::{FAILED, LOOKS, Look, NONE, NOT_HERE, OTHERS, READY};
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write;
use tokio_postgres::Client;

/// Without the variable: as many as a test can fill in about a second.
const FEW: i64 = 30_000;

const FULL: i64 = 5_000_000;

const AT_MOST_MS: f64 = 20.0;

/// The times are the best of this many runs, since others use the machine as well.
const RUNS: usize = 5;

/// A session as any tool has it.
const ANY: &str = "BEGIN READ ONLY";

/// A session that has used its statements for long.
const WITH_PLANS: &str = "BEGIN READ ONLY; SET LOCAL plan_cache_mode = force_generic_plan";

/// Where looks begin, as the texts that stand for it in parameters.
struct Places {
    ids: Vec<String>,
    fetched: String,
}

impl Places {
    /// At the first task, in the middle, and at the last.
    async fn of(client: &Client, rows: i64) -> Self {
        let ids_at = "SELECT id::text FROM fang_tasks ORDER BY id OFFSET $1 LIMIT 1";
        let mut ids = Vec::new();
        for part in [0, 1, 2] {
            ids.push(client.query_one(ids_at, &[&((rows - 1) * part / 2)]).await.unwrap().get(0));
        }
        let fetched = "SELECT array_agg(id)::text FROM (SELECT id FROM fang_tasks ORDER BY md5(id::text) LIMIT 1000) any_tasks";
        let fetched = client.query_one(fetched, &[]).await.unwrap().get(0);
        Self { ids, fetched }
    }

    /// The parameters at each place.
    fn values(&self, values: &str) -> BTreeSet<String> {
        let values = values.replace("FILTER", NONE).replace("FAILED", FAILED).replace("READY", READY);
        let values = values.replace("FETCHED", &format!("'{}'", self.fetched));
        let values = values.replace("FOUND", &format!("'{}'", self.ids[0]));
        let values = values.replace("MINUTE", "date_trunc('minute', now() - interval '36 h')");
        let values = values.replace("HOUR", "date_trunc('hour', now() - interval '90 days')");
        let values = values.replace("TABLES", "{fang_tasks,fang_workers,fang_minutes,fang_queues,fang_meta}");
        let ids = self.ids.iter().map(|id| values.replace("ID,", &format!("'{id}',")));
        let instants = ["'infinity'", "now() - interval '1 h'", "now() - interval '3 days'"];
        ids.flat_map(|values| instants.map(|at| values.replace("AT,", &format!("{at},")))).collect()
    }
}

/// The table of these looks, and those that cost too much.
async fn measure(client: &Client, rows: i64, begin: &str, looks: &[Look]) -> (String, Vec<String>) {
    let (places, statements) = (Places::of(client, rows).await, cost::all());
    let (mut table, mut broken) = (String::new(), Vec::new());
    for (name, what, values, at_most) in looks {
        let values = places.values(values);
        let (_, sql) = statements.iter().find(|(known, _)| known == name).unwrap();
        let mut worst = Cost { ms: 0.0, rows: 0 };
        for values in &values {
            let cost = cost(client, begin, name, sql, values).await;
            worst = Cost { ms: worst.ms.max(cost.ms), rows: worst.rows.max(cost.rows) };
        }
        let Cost { ms, rows: read } = worst;
        writeln!(table, "| `{name}` | {what} | {} | {ms:.1} | {read} |", values.len()).unwrap();
        if read > *at_most || (rows >= FULL && ms > AT_MOST_MS) {
            broken.push(format!("{name} ({what}): {ms} ms, {read} rows, at most {at_most}"));
        }
    }
    (table, broken)
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
    fill_fleet(&client, rows).await.unwrap();
    let (table, mut broken) = measure(&client, rows, Role::begin_look(false), LOOKS).await;
    println!("{rows} tasks\n{table}");
    for begin in [ANY, WITH_PLANS] {
        let (table, more) = measure(&client, rows, begin, OTHERS).await;
        println!("{begin}\n{table}");
        broken.extend(more);
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A statement that is new has to be measured here as well.
#[test]
fn each_statement_that_only_reads_is_measured_or_is_no_look() {
    let measured: BTreeSet<&str> = LOOKS.iter().chain(OTHERS).map(|(name, ..)| *name).collect();
    let all = cost::all();
    for (name, sql) in &all {
        let is_known = measured.contains(&**name) || NOT_HERE.contains(&&**name);
        assert!(is_known || !looks::is_look(sql), "{name} reads, and is not in scale/looks.rs");
    }
    let is_there = |name: &&&str| all.iter().any(|(known, _)| known == **name);
    assert_eq!(measured.iter().chain(NOT_HERE).find(|name| !is_there(name)), None);
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
    let (begin, statements) = (Role::begin_look(false), cost::all());
    let (_, sql) = statements.iter().find(|(name, _)| name == "ready_types").unwrap();
    for from in ["", "customer 015000", "customer 099990"] {
        let values = format!("'{from}', 1, 1500000, 1500");
        let Cost { ms, rows: read } = cost(&client, begin, "ready_types", sql, &values).await;
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
