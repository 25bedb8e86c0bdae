//! The state that a test and the tasks of its world share.

use async_channel::{Receiver, Sender};
use fang_core::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The report that a task sends when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub name: String,
    pub id: Uuid,
    pub attempt: u32,
    pub lease: i32,
    pub task_type: String,
    /// The time until the deadline of the run.
    pub left: Option<Duration>,
    /// How many tasks ran then, including this one.
    pub at_once: usize,
}

/// The state of each pool of a world.
#[derive(Clone)]
pub struct Stage {
    reports: Sender<Report>,
    permits: (Sender<()>, Receiver<()>),
    under_way: Arc<AtomicUsize>,
    /// The URI of the database, for tasks that connect to it.
    pub uri: Arc<str>,
}

/// Counts a run as under way until it is dropped.
pub struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Stage {
    pub fn new(uri: &str) -> (Self, Receiver<Report>) {
        let (reports, told) = async_channel::unbounded();
        let permits = async_channel::unbounded();
        (Self { reports, permits, under_way: Arc::default(), uri: uri.into() }, told)
    }

    /// Drops the sender of reports, so that the receiver ends with the last pool.
    pub fn forget(&mut self) {
        self.reports = async_channel::unbounded().0;
    }

    /// Reports the start of a run.
    pub fn tell(&self, name: &str, context: &Context) -> UnderWay {
        let at_once = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        let report = Report {
            name: name.to_owned(),
            id: context.id(),
            attempt: context.attempt(),
            lease: context.lease(),
            task_type: context.task_type().to_owned(),
            left: context.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now())),
            at_once,
        };
        // Fails if the test has ended.
        let _ = self.reports.try_send(report);
        UnderWay(self.under_way.clone())
    }

    /// Lets this many waiting runs go on.
    pub fn open(&self, permits: usize) {
        for _ in 0..permits {
            self.permits.0.try_send(()).unwrap();
        }
    }

    /// Waits for a permit.
    pub async fn pass(&self) {
        self.permits.1.recv().await.unwrap();
    }
}
