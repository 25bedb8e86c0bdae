//! Passwords and payloads stay out of `Debug`, errors and logs.

use crate::world::{PATIENCE, World, ear, heard, say};
use fang_blocking::{Queue, WorkerPool};
use fang_core::{Mode, NewTask, Queueable};
use log::{LevelFilter, Log, Metadata, Record};
use std::sync::{Mutex, PoisonError};

const SECRET: &str = "hunter2";

/// Everything that this test program logs above trace, whichever test it is.
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Collector;

impl Log for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        LOGGED.lock().unwrap_or_else(PoisonError::into_inner).push(format!(
            "{} {}",
            record.target(),
            record.args()
        ));
    }

    fn flush(&self) {}
}

#[test]
fn debug_shows_neither_the_connection_string_nor_a_payload() {
    let uri = format!("postgres://fang:{SECRET}@localhost/fang");
    let queue = Queue::builder().uri(uri).max_pool_size(1_u32).build();
    let pool = WorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).build();
    let task = NewTask::blocking(&say(SECRET)).unwrap();
    let shown = format!("{queue:?} {queue:#?} {pool:?} {task:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}

#[test]
fn no_log_line_shows_a_payload_whatever_happens_to_the_task() {
    let _ = log::set_logger(&Collector);
    log::set_max_level(LevelFilter::Debug);
    let world = World::new();
    let (sender, ear) = ear();
    let mut pool =
        WorkerPool::builder().number_of_workers(1_u32).queue(world.queue.clone()).state(sender).build();
    pool.start().unwrap();
    let task = world.queue.insert_task(&say(SECRET)).unwrap();
    let bad =
        NewTask::new(format!(r#"{{"type":"Say","text":["{SECRET}"]}}"#), "common".into(), Mode::Blocking);
    let bad = world.queue.insert(bad).unwrap();
    heard(&ear);
    let failed = || {
        let row = world.queue.find_task_by_id(bad.id).unwrap().unwrap();
        row.error_message.filter(|_| !row.state.is_alive())
    };
    crate::world::until(|| failed().is_some());
    // The reason why a row cannot be decoded does not quote it either.
    assert!(!failed().unwrap().contains(SECRET));
    let not_json = NewTask::new(format!("{SECRET} is not JSON"), "common".into(), Mode::Blocking);
    let error = world.queue.insert(not_json).unwrap_err();
    pool.shutdown(PATIENCE);
    let shown = format!("{task:?} {bad:?} {error} {error:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    let logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(logged.iter().any(|line| line.contains("fang")), "the logger is in place");
    let leaks: Vec<_> = logged.iter().filter(|line| line.contains(SECRET)).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}
