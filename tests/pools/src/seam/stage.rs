//! The state that a test and its tasks share: reports to the test, and permits for tasks that wait.

use async_channel::{Receiver, Sender};
use fang_core::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The report of a task that starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub name: String,
    pub id: Uuid,
    pub attempt: u32,
    pub lease: i32,
    pub task_type: String,
    /// The time until its deadline.
    pub left: Option<Duration>,
    /// How many runs were under way, including this one.
    pub at_once: usize,
}

/// The application state of all pools of a world.
#[derive(Clone)]
pub struct Stage {
    reports: Sender<Report>,
    permits: (Sender<()>, Receiver<()>),
    under_way: Arc<AtomicUsize>,
    /// The address of the database, for tasks that connect to it.
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

    /// Drops the sender of reports. The stages of pools keep theirs.
    pub fn forget(&mut self) {
        self.reports = async_channel::unbounded().0;
    }

    /// Reports that a run starts.
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
        // The test may have ended.
        let _ = self.reports.try_send(report);
        UnderWay(self.under_way.clone())
    }

    /// Lets this many waiting runs continue.
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
