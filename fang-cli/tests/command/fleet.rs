//! Commands that look at pools and steer them, and what they tell of a fleet.

use crate::shell::Shell;
use fang_asynk::{AsyncQueue, AsyncWorkerPool, Lease, NoTls, Shutdown};
use fang_core::{AsyncQueueable, AsyncRunnable, FangError, QueueError, async_trait, typetag};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// A task that runs until the test lets it end.
#[derive(Serialize, Deserialize)]
struct Held;

#[async_trait]
#[typetag::serde]
impl AsyncRunnable for Held {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        let permits = queue.context().state::<Arc<Semaphore>>().expect("the pool has it").clone();
        permits.acquire().await.expect("it is never closed").forget();
        Err(FangError::new(format!("no answer from 10.0.0.{}", permits.available_permits())))
    }

    fn max_retries(&self) -> i32 {
        0
    }
}

/// A pool of two workers for such tasks, which beats often, and runs until it is stopped.
pub(crate) fn pool(shell: &Shell, permits: &Arc<Semaphore>) -> JoinHandle<Result<Shutdown, QueueError>> {
    let queue = AsyncQueue::<NoTls>::builder().uri(shell.database.uri()).build();
    let pool = AsyncWorkerPool::builder()
        .queue(queue)
        .number_of_workers(2_u32)
        .state(permits.clone())
        .lease(Lease { beat_every: Duration::from_millis(300), ..Lease::default() });
    let mut pool = pool.build();
    tokio::spawn(async move { pool.run_until(std::future::pending::<()>()).await })
}

/// Repeats a look until it shows what is awaited, at most 10 s.
pub(crate) async fn until<T>(look: impl Fn() -> Option<T>) -> T {
    for _ in 0..200 {
        if let Some(seen) = look() {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it was never seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_is_seen_and_steered() {
    let shell = Shell::open().await;
    let (one, _) = (shell.insert(&["Held", "{}"]), shell.insert(&["Held", "{}"]));
    let permits = Arc::new(Semaphore::new(0));
    let stopped = pool(&shell, &permits);

    let running = until(|| Some(shell.json(&["running"])).filter(|page| page["tasks"][1].is_object())).await;
    assert_eq!((&running["tasks"][1]["id"], &running["tasks"][1]["kind"]), (&one.into(), &"Held".into()));
    let page = shell.says(&["running", "--limit", "1"]);
    assert!(page.contains("for the next ones: fang running --limit 1 --after "), "{page}");
    let workers = shell.json(&["workers"]);
    let id = workers[0]["id"].to_string();
    assert_eq!(running["tasks"][0]["worker"], workers[0]["id"]);
    assert_eq!(
        (&workers[0]["state"], &workers[0]["mode"], &workers[0]["workers"]),
        (&"alive".into(), &"async".into(), &2.into())
    );
    assert!(shell.says(&["running"]).contains(workers[0]["host"].as_str().unwrap()));

    until(|| (shell.json(&["types"])[0]["running"] == 2).then_some(())).await;

    permits.add_permits(2);
    let types = until(|| {
        Some(shell.json(&["types"])).filter(|types| types[0]["rate"]["failed"].as_f64() > Some(0.0))
    })
    .await;
    assert!(
        types[0]["rate"]["p99_seconds"].is_number() && types[0]["served_by"][0] == workers[0]["id"],
        "{types}"
    );
    assert!(types[0]["rate"]["wait_p99_seconds"].is_number(), "{types}");
    let kinds = shell.json(&["kinds", "--within", "1h"]);
    assert!(kinds[0]["kind"] == "Held" && kinds[0]["rate"]["wait_p50_seconds"].is_number(), "{kinds}");
    assert!(shell.says(&["kinds"]).contains("WAIT P95"));
    let groups =
        until(|| Some(shell.json(&["errors"])).filter(|errors| errors["groups"][0]["tasks"] == 2)).await;
    assert_eq!(
        (&groups["groups"][0]["error"], &groups["is_all"]),
        (&"no answer from #.#.#.#".into(), &true.into())
    );
    assert!(shell.says(&["errors"]).contains("no answer from #.#.#.#"));
    let top = shell.json(&["top", "--once"]);
    assert_eq!((&top["pools"], &top["workers"], &top["failed"]["tasks"]), (&1.into(), &2.into(), &2.into()));

    assert_eq!(shell.says(&["workers", "quiet", &id]), format!("{id}: asked to become quiet\n"));
    until(|| shell.says(&["workers"]).contains("alive, quiet").then_some(())).await;
    assert_eq!(shell.json(&["workers", "resume", &id])["asked"], "resume");
    until(|| (shell.json(&["workers"])[0]["is_quiet"] == false).then_some(())).await;
    shell.says(&["workers", "stop", &id]);
    stopped.await.unwrap().unwrap();
    assert_eq!(shell.json(&["workers"])[0]["state"], "dead");
    for action in ["quiet", "resume", "stop"] {
        assert!(shell.refuses(&["workers", action, &id]).contains("`fang workers` lists them"));
    }
}

#[tokio::test]
async fn paused_types_are_told_and_nothing_is_told_of_an_idle_fleet() {
    let shell = Shell::open().await;
    for command in ["errors", "running", "workers", "types", "kinds"] {
        assert_eq!(shell.says(&[command]), "none\n", "{command}");
    }
    shell.says(&["types", "pause", "mail"]);
    assert!(shell.says(&["types"]).trim_end().ends_with("paused"));
    assert!(shell.json(&["types"])[0]["paused_at"].is_string());
    let top = shell.says(&["top", "--once"]);
    assert!(top.starts_with("waiting 0  due 0  running 0  failed 0\npools 0"), "{top}");
}
