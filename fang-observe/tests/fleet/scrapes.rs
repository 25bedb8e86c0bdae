//! `/metrics`

use crate::http::Server;
use fang::{AsyncBackend, AsyncQueue, AsyncQueueable, AsyncWorkerPool, NewTask, NoTls};
use fang_observe::{Metrics, metrics_routes};
use fang_test_support::{Cluster, Durability, Network, Proxy, TestDatabase};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[fang::task(task_type = "mails", max_retries = 0)]
async fn send(to: u32) -> Result<(), String> {
    if to == 0 { Err("no such address".to_owned()) } else { Ok(()) }
}

async fn queue(uri: &str) -> AsyncQueue {
    let mut queue = AsyncQueue::builder().uri(uri).max_pool_size(2_u32).build();
    queue.connect(NoTls).await.unwrap();
    queue.migrate().await.unwrap();
    queue
}

/// How long Prometheus waits by default, <https://prometheus.io/docs/prometheus/latest/configuration/configuration/>.
const SCRAPE_TIMEOUT: Duration = Duration::from_secs(10);

async fn none_waits(queue: &AsyncQueue) {
    while queue.depth("mails").await.unwrap().waiting.count > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The value of a sample.
fn value(text: &str, sample: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test]
async fn metrics_tell_what_waits_what_ran_and_who_runs_it() {
    let database = TestDatabase::create().await.unwrap();
    let queue = queue(database.uri()).await;
    let metrics = Metrics::new(queue.admin().unwrap()).fresh_for(Duration::ZERO);
    let server = Server::start(metrics_routes(metrics)).await;
    assert_eq!(value(&server.get("/metrics").await.body, "fang_workers{state=\"alive\"}"), Some(0.0));
    let mut pool =
        AsyncWorkerPool::builder().number_of_workers(3_u32).task_type("mails").queue(queue.clone()).build();
    pool.start().await.unwrap();
    for to in 0..5 {
        queue.insert(send(to)).await.unwrap();
    }
    queue.insert(NewTask::of_kind("odd", serde_json::json!({})).task_type("a \"b\"\\")).await.unwrap();
    queue.pause("a \"b\"\\").await.unwrap();
    let finished = "fang_tasks_finished_total{task_type=\"mails\"}";
    // The kind is new, and so begins at zero.
    let failed = "fang_kind_failed_total{kind=\"send\"}";
    let is_told = |body: &str| value(body, finished) == Some(4.0) && value(body, failed) == Some(1.0);
    let answer = server.until("/metrics", |answer| is_told(&answer.body)).await;
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4"), "{}", answer.head);
    let is = |sample: &str, expected: f64| {
        assert_eq!(value(&answer.body, sample), Some(expected), "{sample} in {}", answer.body);
    };
    is("fang_tasks_started_total{task_type=\"mails\"}", 5.0);
    is("fang_tasks_failed_total{task_type=\"mails\"}", 1.0);
    is("fang_tasks_retried_total{task_type=\"mails\"}", 0.0);
    is("fang_failed_tasks{kind=\"send\"}", 1.0);
    is("fang_failed_tasks_complete", 1.0);
    is("fang_run_seconds_count{task_type=\"mails\"}", 5.0);
    is("fang_run_seconds_bucket{task_type=\"mails\",le=\"+Inf\"}", 5.0);
    is("fang_wait_seconds_count{task_type=\"mails\"}", 5.0);
    is("fang_running{task_type=\"mails\"}", 0.0);
    is("fang_tasks_due{task_type=\"a \\\"b\\\"\\\\\"}", 1.0);
    is("fang_type_paused{task_type=\"a \\\"b\\\"\\\\\"}", 1.0);
    is("fang_type_workers{task_type=\"a \\\"b\\\"\\\\\"}", 0.0);
    is("fang_type_workers{task_type=\"mails\"}", 1.0);
    is("fang_workers{state=\"alive\"}", 1.0);
    is("fang_worker_capacity", 3.0);
    is("fang_schema_version", f64::from(fang::SCHEMA_VERSION));
    assert!(value(&answer.body, "fang_dead_rows{table=\"fang_tasks\"}").is_some());
    // What a pool counted last comes with its sign-off, and a pool that is gone takes nothing with it.
    queue.insert(send(1)).await.unwrap();
    none_waits(&queue).await;
    pool.shutdown(Duration::from_secs(10)).await;
    let alive = "fang_workers{state=\"alive\"}";
    let text = server.until("/metrics", |answer| value(&answer.body, alive) == Some(0.0)).await.body;
    assert_eq!(value(&text, finished), Some(5.0));
}

#[tokio::test]
async fn the_guide_lists_every_metric() {
    let database = TestDatabase::create().await.unwrap();
    let metrics = Metrics::new(queue(database.uri()).await.admin().unwrap());
    let text = metrics.text().await.unwrap();
    let names: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(names.len() >= 20, "{names:?}");
    let guide = include_str!("../../../src/guide/observing.md");
    let missing: Vec<_> = names.iter().filter(|name| !guide.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "not in the guide: {missing:?}");
}

/// How many statements of others the server has run.
const STATEMENTS: &str = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND query NOT LIKE '%pg_stat_statements%' AND query NOT LIKE '%set_config%'";

#[tokio::test]
async fn ten_clients_cost_the_server_as_many_statements_as_one() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let client = database.client().await.unwrap();
    client.batch_execute("CREATE EXTENSION pg_stat_statements").await.unwrap();
    let queue = queue(database.uri()).await;
    let statements = async || client.query_one(STATEMENTS, &[]).await.unwrap().get::<_, i64>(0);
    let cost = async |clients: usize| {
        let metrics = Metrics::new(queue.admin().unwrap()).fresh_for(Duration::from_secs(600));
        let server = Arc::new(Server::start(metrics_routes(metrics)).await);
        let before = statements().await;
        let asks = (0..clients).map(|_| server.clone());
        let asks = asks.map(|server| tokio::spawn(async move { server.get("/metrics").await.status }));
        for status in asks.collect::<Vec<_>>() {
            assert_eq!(status.await.unwrap(), 200);
        }
        statements().await - before
    };
    // Each new connection prepares the statements.
    cost(1).await;
    cost(1).await;
    let (one, ten) = (cost(1).await, cost(10).await);
    assert_eq!(one, ten);
    assert!(one <= 16, "a look takes {one} statements");
}

#[tokio::test]
async fn a_store_that_is_down_is_told_in_time_and_costs_no_task() {
    let database = TestDatabase::create().await.unwrap();
    let proxy = Proxy::start(database.uri()).unwrap();
    let (queue, direct) = (queue(proxy.uri()).await, queue(database.uri()).await);
    let metrics = Metrics::new(queue.admin().unwrap()).fresh_for(Duration::ZERO);
    let server = Server::start(metrics_routes(metrics.time_limit(Duration::from_millis(300)))).await;
    let mut pool =
        AsyncWorkerPool::builder().number_of_workers(3_u32).task_type("mails").queue(direct.clone()).build();
    pool.start().await.unwrap();
    server.until("/metrics", |answer| answer.status == 200).await;
    for (network, reason) in [(Network::Blackhole, "within 300 ms"), (Network::Reset, "")] {
        proxy.set(network);
        // The last answer is told again for fifty times as long as it took.
        let answer = server.until("/metrics", |answer| answer.status == 503).await;
        let began = Instant::now();
        assert_eq!(server.get("/metrics").await.status, 503);
        assert!(began.elapsed() < SCRAPE_TIMEOUT, "{:?}", began.elapsed());
        assert!(answer.body.lines().count() == 1 && answer.body.contains(reason), "{answer:?}");
        direct.insert(send(1)).await.unwrap();
        none_waits(&direct).await;
    }
    proxy.set(Network::Pass);
    server.until("/metrics", |answer| answer.status == 200).await;
    pool.shutdown(Duration::from_secs(10)).await;
}
