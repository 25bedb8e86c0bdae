//! The span of a blocking run, which its body sees as the current one.

// A test reports by panics.
#![allow(clippy::unwrap_used)]

use fang::blocking::MemoryQueue;
use fang::{State, WorkerPool};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use tracing::Span;

/// What a run knows of its span: its name and id.
type Seen = (Option<&'static str>, Option<u64>);

#[fang::task(task_type = "mail")]
fn sees_its_span(tell: State<Sender<Seen>>) {
    tell.send(seen(&Span::current())).unwrap();
}

fn seen(span: &Span) -> Seen {
    (span.metadata().map(|data| data.name()), span.id().map(|id| id.into_u64()))
}

#[test]
fn the_body_of_a_blocking_run_is_within_the_span_that_the_hook_saw() {
    tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap();
    let (tell, told) = channel::<Seen>();
    let (hook, hooked) = channel();
    let queue = MemoryQueue::new();
    queue.insert(sees_its_span()).unwrap();
    let pool = WorkerPool::builder().number_of_workers(1).queue(queue).task_type("mail").state(tell);
    let hook = std::sync::Mutex::new(hook);
    let mut pool = pool.build().on_span(move |span, context| {
        assert_eq!(context.attempt(), 1);
        hook.lock().unwrap().send(seen(span)).unwrap();
    });
    pool.start().unwrap();
    let within = told.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(within.0, Some("process"));
    assert_eq!(hooked.recv().unwrap(), within);
    pool.shutdown(Duration::from_secs(5));
}
