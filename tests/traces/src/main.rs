//! A web server and a worker that share a database, each in a process of its own. Both print every span that ends, as a
//! line of JSON. Run it as `fang-trace-tests web URI`, or with the word `worker` or `blocking-worker` in place of `web`.

// Only the test runs it, and a failure is reported by a panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod print;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use fang::{AsyncQueue, AsyncWorkerPool, Event, NewTask, Queue, WorkerPool};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use std::collections::HashMap;
use std::time::Duration;
use tracing::{Instrument, Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

const HEADER: &str = "traceparent";

#[fang::task(task_type = "mail", max_retries = 0)]
async fn welcome(user: String) -> Result<(), String> {
    tracing::info_span!("render").in_scope(|| ());
    if user == "Mallory" { Err("no such mailbox".to_owned()) } else { Ok(()) }
}

/// A blocking task, which another worker runs.
#[fang::task(task_type = "letters", max_retries = 0)]
fn print_letter(user: String) {
    tracing::info_span!("fold", user).in_scope(|| ());
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [role, uri] = args.as_slice() else { panic!("a role and a URI are needed") };
    print::every_span();
    match role.as_str() {
        "web" => serve(uri).await,
        "worker" => work(uri).await,
        "blocking-worker" => tokio::task::block_in_place(|| work_on_threads(uri)),
        other => panic!("there is no role {other:?}"),
    }
}

/// Puts the trace of the current span into a header of the task.
#[allow(clippy::unnecessary_wraps, reason = "`before_insert` may refuse tasks")]
fn stamp(task: NewTask) -> Result<NewTask, fang::FangError> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut carrier);
    Ok(match carrier.remove(HEADER) {
        Some(context) => task.header(HEADER, context),
        None => task,
    })
}

/// The trace that a value of the header names.
fn trace(value: Option<&str>) -> Context {
    let carrier: HashMap<_, _> =
        value.map(|value| (HEADER.to_owned(), value.to_owned())).into_iter().collect();
    TraceContextPropagator::new().extract(&carrier)
}

async fn serve(uri: &str) {
    let queue = AsyncQueue::no_tls().uri(uri).before_insert(stamp).build();
    let app = Router::new().route("/users", post(sign_up)).route("/letters", post(write)).with_state(queue);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    axum::serve(listener, app).await.unwrap();
}

async fn sign_up(State(queue): State<AsyncQueue>, headers: HeaderMap, user: String) -> String {
    insert(&queue, welcome(user), info_span!("POST /users"), &headers).await
}

async fn write(State(queue): State<AsyncQueue>, headers: HeaderMap, user: String) -> String {
    insert(&queue, print_letter(user), info_span!("POST /letters"), &headers).await
}

/// Inserts a task within the span of a request, which joins the trace of its client.
async fn insert(queue: &AsyncQueue, task: NewTask, request: Span, headers: &HeaderMap) -> String {
    request.set_parent(trace(headers.get(HEADER).and_then(|value| value.to_str().ok()))).unwrap();
    queue.insert(task).instrument(request).await.unwrap().id.to_string()
}

/// Runs tasks until two have ended.
async fn work(uri: &str) {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(2)
        .queue(AsyncQueue::no_tls().uri(uri).build())
        .task_type("mail")
        .on_event(move |event| {
            if matches!(event, Event::Finished { .. } | Event::Failed { .. }) {
                let _ = tell.send(());
            }
        })
        .build()
        .on_span(|span, run| span.set_parent(trace(run.header(HEADER))).unwrap());
    let two = async move {
        told.recv().await;
        told.recv().await;
    };
    pool.run_until(two).await.unwrap();
}

/// Runs blocking tasks until one has ended.
fn work_on_threads(uri: &str) {
    let (tell, told) = std::sync::mpsc::channel();
    let mut pool = WorkerPool::builder()
        .number_of_workers(1)
        .queue(Queue::builder().uri(uri).build())
        .task_type("letters")
        .on_event(move |event| {
            if matches!(event, Event::Finished { .. }) {
                let _ = tell.send(());
            }
        })
        .build()
        .on_span(|span, run| span.set_parent(trace(run.header(HEADER))).unwrap());
    pool.start().unwrap();
    told.recv().unwrap();
    pool.shutdown(Duration::from_secs(5));
}
