//! A hook of spans that panics, and middleware of async tasks.

// A test reports by panics.
#![allow(clippy::unwrap_used)]

use fang::{AsyncWorkerPool, Event, FangError, MemoryQueue, Middleware, Next, Run, State};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

#[fang::task(max_retries = 0)]
async fn runs_all_the_same() {}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_runs_although_the_hook_of_its_span_panics() {
    tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let queue = MemoryQueue::new();
    queue.insert(runs_all_the_same()).await.unwrap();
    let pool = AsyncWorkerPool::builder().number_of_workers(1).queue(queue);
    let pool = pool.on_event(move |event| {
        if matches!(event, Event::Finished { .. } | Event::Failed { .. }) {
            tell.send(event.name()).unwrap();
        }
    });
    let mut pool = pool.build().on_span(|_, _| panic!("no such trace"));
    pool.start().await.unwrap();
    let name = tokio::task::block_in_place(|| told.recv_timeout(Duration::from_secs(30)));
    assert_eq!(name.unwrap(), "task.finished");
    pool.shutdown(Duration::from_secs(5)).await;
}

tokio::task_local! {
    static TENANTS: String;
}

/// Adds a tenant to those of the middleware around it.
struct Tenant(&'static str);

impl Middleware for Tenant {
    async fn call(&self, _: &Run, next: Next<'_>) -> Result<(), FangError> {
        let outer = TENANTS.try_with(Clone::clone).unwrap_or_default();
        TENANTS.scope(outer + self.0, next.run()).await
    }
}

#[fang::task(task_type = "tenants")]
async fn tells_its_tenants(tell: State<Sender<String>>) {
    tell.send(TENANTS.with(Clone::clone)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn middleware_sets_task_locals_the_first_one_outermost() {
    let (tell, told) = std::sync::mpsc::channel::<String>();
    let queue = MemoryQueue::new();
    queue.insert(tells_its_tenants()).await.unwrap();
    let pool = AsyncWorkerPool::builder().number_of_workers(1).queue(queue).task_type("tenants").state(tell);
    let mut pool = pool.middleware(Arc::new(Tenant("acme"))).middleware(Tenant(" and sons")).build();
    pool.start().await.unwrap();
    let tenants = tokio::task::block_in_place(|| told.recv_timeout(Duration::from_secs(30)));
    assert_eq!(tenants.unwrap(), "acme and sons");
    pool.shutdown(Duration::from_secs(5)).await;
}
