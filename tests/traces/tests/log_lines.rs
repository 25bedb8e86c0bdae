//! The lines of the log of runs, and about runs that failed. They belong to the spans of the runs.

// A test reports by panics.
#![allow(clippy::unwrap_used)]

use fang::{AsyncWorkerPool, WorkerPool};
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;
use tracing::Span;

/// Where the lines about failures go: each with the name of the span in which it was logged.
static LINES: OnceLock<Mutex<Sender<Line>>> = OnceLock::new();

/// A line, and the name of its span.
type Line = (String, Option<&'static str>);

struct Collector;

impl Log for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Warn
    }

    fn log(&self, record: &Record<'_>) {
        let line = record.args().to_string();
        if line.contains("failed") {
            let span = Span::current().metadata().map(|data| data.name());
            LINES.get().unwrap().lock().unwrap().send((line, span)).unwrap();
        }
    }

    fn flush(&self) {}
}

#[fang::task(max_retries = 0)]
async fn fails_on_tokio() -> Result<(), String> {
    log::warn!("the look-up failed");
    Err("no such user".to_owned())
}

#[fang::task(max_retries = 0)]
fn fails_on_a_thread() -> Result<(), String> {
    log::warn!("the look-up failed");
    Err("no such user".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_of_a_run_and_the_one_about_its_failure_are_logged_within_its_span() {
    tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap();
    let (lines, logged) = channel::<Line>();
    LINES.set(Mutex::new(lines)).unwrap();
    log::set_logger(&Collector).unwrap();
    log::set_max_level(LevelFilter::Warn);
    let next = || {
        for end in ["the look-up failed", "failed for good in attempt 1: no such user"] {
            let (line, span) = logged.recv_timeout(Duration::from_secs(30)).unwrap();
            assert!(line.ends_with(end), "{line}");
            assert_eq!(span, Some("process"), "{line}");
        }
    };

    let queue = fang::MemoryQueue::new();
    queue.insert(fails_on_tokio()).await.unwrap();
    let mut pool = AsyncWorkerPool::builder().number_of_workers(1).queue(queue).build();
    pool.start().await.unwrap();
    tokio::task::block_in_place(next);
    pool.shutdown(Duration::from_secs(5)).await;

    tokio::task::block_in_place(|| {
        let queue = fang::blocking::MemoryQueue::new();
        queue.insert(fails_on_a_thread()).unwrap();
        let mut pool = WorkerPool::builder().number_of_workers(1).queue(queue).build();
        pool.start().unwrap();
        next();
        pool.shutdown(Duration::from_secs(5));
    });
}
