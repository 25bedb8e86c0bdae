//! The tasks that are run.

use fang::{AsyncQueueable, AsyncRunnable, FangError, Queueable, Runnable, async_trait, typetag};
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tokio::sync::{Notify, mpsc};

/// How many no-op tasks have run.
pub(crate) static DONE: AtomicUsize = AtomicUsize::new(0);
/// At how many of them to notify.
pub(crate) static GOAL: AtomicUsize = AtomicUsize::new(usize::MAX);
pub(crate) static REACHED: Notify = Notify::const_new();

/// Does nothing, with a payload of about 60 bytes.
#[derive(Serialize, Deserialize)]
pub(crate) struct Nothing {
    pub(crate) number: u64,
    pub(crate) name: String,
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Nothing {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        done();
        Ok(())
    }
}

/// The same on a thread.
#[derive(Serialize, Deserialize)]
pub(crate) struct NothingHeavy {
    pub(crate) number: u64,
    pub(crate) name: String,
}

#[typetag::serde]
impl Runnable for NothingHeavy {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        done();
        Ok(())
    }
}

fn done() {
    if DONE.fetch_add(1, Ordering::SeqCst) + 1 == GOAL.load(Ordering::SeqCst) {
        REACHED.notify_one();
    }
}

pub(crate) fn nothing(number: u64) -> Nothing {
    Nothing { number, name: "a name of some length".to_owned() }
}

pub(crate) fn nothing_heavy(number: u64) -> NothingHeavy {
    NothingHeavy { number, name: "a name of some length".to_owned() }
}

/// Where a [`Ping`] tells when it started.
pub(crate) static STARTED: Mutex<Option<mpsc::UnboundedSender<Instant>>> = Mutex::new(None);

/// Tells when it starts.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ping;

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Ping {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        started();
        Ok(())
    }

    fn task_type(&self) -> String {
        "ping".to_owned()
    }
}

/// The same on a thread.
#[derive(Serialize, Deserialize)]
pub(crate) struct HeavyPing;

#[typetag::serde]
impl Runnable for HeavyPing {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        started();
        Ok(())
    }

    fn task_type(&self) -> String {
        "ping".to_owned()
    }
}

fn started() {
    let started = Instant::now();
    if let Ok(Some(sender)) = STARTED.lock().as_deref() {
        let _ = sender.send(started);
    }
}
