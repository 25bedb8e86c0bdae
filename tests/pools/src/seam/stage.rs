//! What a test and the tasks of its world share.

use async_channel::{Receiver, Sender};
use fang_core::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What a task tells as it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub name: String,
    pub id: Uuid,
    pub attempt: u32,
    pub lease: i32,
    pub task_type: String,
    /// How long it may still run.
    pub left: Option<Duration>,
    /// How many runs were under way then, this one among them.
    pub at_once: usize,
}

/// The state of each pool of a world.
#[derive(Clone)]
pub struct Stage {
    reports: Sender<Report>,
    permits: (Sender<()>, Receiver<()>),
    under_way: Arc<AtomicUsize>,
    /// Of the database, for tasks that connect to it.
    pub uri: Arc<str>,
}

/// A run that is under way until this is dropped.
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

    /// Another stage with the same gate, which tells nobody.
    pub fn forget(&mut self) {
        self.reports = async_channel::unbounded().0;
    }

    /// Tells that a run starts.
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
        // A test may have ended.
        let _ = self.reports.try_send(report);
        UnderWay(self.under_way.clone())
    }

    /// Lets so many runs end that wait.
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
