//! The board and the alert rules of `examples/observe` on a real Prometheus that scrapes `fang metrics` of a real fleet.

use crate::metrics::get;
use crate::serving::Serving;
use crate::shell::Shell;
use fang::{AsyncQueue, AsyncQueueable, AsyncWorkerPool, Lease, NoTls};
use serde_json::Value;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Alerts without a reason while the test looks at the rules: it stops the fleet last.
const CALM: [&str; 2] = ["FangNoPool", "FangMetricsMissing"];

/// Over a million dead rows, which a transaction leaves that is rolled back.
const DEAD_ROWS: [&str; 2] = [
    "ALTER TABLE fang_minutes SET (autovacuum_enabled = off)",
    "BEGIN;
    INSERT INTO fang_minutes (is_hour, minute, is_kind, name, counts) SELECT false, now(), false, n::text, '{}' FROM generate_series(1, 1010000) n;
    ROLLBACK",
];
/// A pool that has not beaten for more than half a lease.
const SILENT: &str = "INSERT INTO fang_workers (info, beat_at) VALUES ('{}', now() - interval '20 seconds')";
/// What a rescue does, which waits for a lease.
const LOST: &str = "UPDATE fang_workers SET dead_at = now() WHERE info = '{}'";

#[fang::task(task_type = "mails", max_retries = 0)]
async fn send(to: u32) -> Result<(), String> {
    if to.is_multiple_of(2) { Err("no such address".to_owned()) } else { Ok(()) }
}

/// A running Prometheus, with a folder of its own.
struct Prometheus {
    process: Child,
    address: String,
    folder: PathBuf,
}

impl Prometheus {
    /// One that scrapes this address every second. `None` if it is not installed, which fails where `CI` is set.
    fn start(scraped: &str) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("prometheus-{port}"));
        std::fs::create_dir_all(&folder).unwrap();
        let config = example("prometheus.yml").replace("15s", "1s").replace("127.0.0.1:9187", scraped);
        std::fs::write(folder.join("prometheus.yml"), config).unwrap();
        std::fs::write(folder.join("alerts.yml"), example("alerts.yml")).unwrap();
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=warn")
            .stdin(Stdio::null())
            .spawn();
        match process {
            Ok(process) => Some(Self { process, address, folder }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_ci() => None,
            Err(error) => panic!("prometheus does not start ({error}); run scripts/setup"),
        }
    }

    async fn is_up(&self) {
        until("Prometheus listens", || std::net::TcpStream::connect(&self.address).ok()).await;
        // It listens before it has opened its storage, and refuses queries until then.
        let is_ready =
            || get(&self.address, "/-/ready").lines().next().is_some_and(|line| line.contains(" 200 "));
        until("Prometheus is ready", || is_ready().then_some(())).await;
    }

    /// What an endpoint of the API answers.
    fn api(&self, path: &str) -> Value {
        let answer = get(&self.address, &format!("/api/v1/{path}"));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let json: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{path}: {head}\n{body}"));
        assert_eq!(json["status"], "success", "{path}: {json}");
        json["data"].clone()
    }

    /// How many series a query returns whose values are numbers.
    fn series(&self, query: &str) -> usize {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let found = self.api(&format!("query?query={encoded}"));
        let series = found["result"].as_array().unwrap();
        series.iter().filter(|one| one["value"][1] != "NaN").count()
    }

    async fn returns_data(&self, query: &str) {
        until(query, || (self.series(query) > 0).then_some(())).await;
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Whether the tests guard a change: none of them may be skipped then.
fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty())
}

fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/observe");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1200 {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not within 60 s: {what}");
}

/// The queries of all panels.
fn queries_of_the_board() -> Vec<String> {
    let board: Value = serde_json::from_str(&example("board.json")).unwrap();
    let panels = board["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// The names of the metrics in a query.
fn metrics_of(query: &str) -> Vec<&str> {
    let words = query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("fang_") || *word == "up").collect()
}

/// A pool that runs and fails tasks, tasks long overdue that nobody serves, and a paused type.
async fn fleet(shell: &Shell) -> AsyncWorkerPool<AsyncQueue> {
    let mut queue = AsyncQueue::builder().uri(shell.database.uri()).max_pool_size(2_u32).build();
    queue.connect(NoTls).await.unwrap();
    // It never declares the silent pool dead, however rarely a busy machine is scraped.
    let lease = Lease { dead_after: Duration::from_secs(3600), ..Lease::default() };
    let builder = AsyncWorkerPool::builder().number_of_workers(2_u32).task_type("mails").lease(lease);
    let mut pool = builder.queue(queue.clone()).build();
    pool.start().await.unwrap();
    shell.insert(&["Odd", "{}", "--task-type", "nobody"]);
    let overdue = "UPDATE fang_tasks SET scheduled_at = now() - interval '1 hour' WHERE task_type = 'nobody'";
    shell.database.client().await.unwrap().batch_execute(overdue).await.unwrap();
    queue.pause("paused").await.unwrap();
    pool
}

async fn run_tasks(shell: &Shell) {
    let mut queue = AsyncQueue::builder().uri(shell.database.uri()).max_pool_size(1_u32).build();
    queue.connect(NoTls).await.unwrap();
    for to in 0..40 {
        queue.insert(send(to)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_the_board_and_of_the_alerts_returns_data_and_an_alert_fires() {
    let shell = Shell::open().await;
    let mut pool = fleet(&shell).await;
    let serving = Serving::start(&shell, &["metrics", "--fresh-for", "500ms"]);
    let Some(prometheus) = Prometheus::start(serving.address()) else {
        eprintln!("skipped: prometheus is not installed; run scripts/setup");
        return;
    };
    prometheus.is_up().await;
    prometheus.returns_data("fang_tasks_started_total{task_type=\"mails\"} == 0").await;
    run_tasks(&shell).await;
    let client = shell.database.client().await.unwrap();
    for statement in [&DEAD_ROWS[..], &[SILENT]].concat() {
        client.batch_execute(statement).await.unwrap();
    }
    prometheus.returns_data("max(fang_workers{state=\"silent\"}) == 1").await;
    client.batch_execute(LOST).await.unwrap();
    let queries = queries_of_the_board();
    assert!(queries.len() > 20);
    for query in &queries {
        prometheus.returns_data(query).await;
    }
    let rules = prometheus.api("rules")["groups"][0]["rules"].clone();
    assert_eq!(rules.as_array().unwrap().len(), 10);
    for rule in rules.as_array().unwrap() {
        let (name, query) = (rule["name"].as_str().unwrap(), rule["query"].as_str().unwrap());
        if CALM.contains(&name) {
            for metric in metrics_of(query) {
                prometheus.returns_data(metric).await;
            }
            assert_eq!(prometheus.series(query), 0, "{name} without a reason");
        } else {
            prometheus.returns_data(query).await;
        }
    }
    for name in ["FangTasksFailed", "FangTypeFails"] {
        prometheus.returns_data(&format!("ALERTS{{alertname=\"{name}\", alertstate=\"firing\"}}")).await;
    }
    pool.shutdown(Duration::from_secs(10)).await;
    prometheus.returns_data("max(fang_workers{state=\"alive\"}) == 0").await;
    drop(serving);
    prometheus.returns_data("max(up{job=\"fang\"}) == 0").await;
}
