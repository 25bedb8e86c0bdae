//! Passwords and payloads stay out of `Debug`, errors and logs.

use crate::seam::{Mode, PATIENCE, World, say, until};
use fang_core::NewTask;
use log::{LevelFilter, Log, Metadata, Record};
use std::sync::{Mutex, PoisonError};

crate::each_mode! {
    debug_shows_neither_the_connection_string_nor_a_payload,
    no_log_line_shows_a_payload_whatever_happens_to_the_task,
}

const SECRET: &str = "hunter2";

/// All lines that this test program logs above trace level, in all tests.
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

async fn debug_shows_neither_the_connection_string_nor_a_payload(mode: Mode) {
    let world = World::at(mode, &format!("postgres://fang:{SECRET}@localhost/fang"));
    let (queue, pool, task) = (&world.queue, world.pool(1).build(), world.new_task(&say(SECRET)));
    let shown = format!("{queue:?} {queue:#?} {pool:?} {task:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}

async fn no_log_line_shows_a_payload_whatever_happens_to_the_task(mode: Mode) {
    let _ = log::set_logger(&Collector);
    log::set_max_level(LevelFilter::Debug);
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).start().await;
    let task = world.queue.insert_task(&say(SECRET)).await.unwrap();
    let bad = world.insert_unchecked(&format!(r#"{{"type":"Say","text":["{SECRET}"]}}"#)).await;
    world.heard().await;
    let failed = async || {
        let row = world.queue.find_task_by_id(bad.id).await.unwrap().unwrap();
        row.error_message.filter(|_| !row.state.is_alive())
    };
    until(async || failed().await.is_some()).await;
    // The reason why a row cannot be decoded does not quote it either.
    assert!(!failed().await.unwrap().contains(SECRET));
    let not_json = NewTask::new(format!("{SECRET} is not JSON"), "common".into(), world.mode.of_rows());
    let error = world.queue.insert(not_json).await.unwrap_err();
    pool.shutdown(PATIENCE).await;
    let shown = format!("{task:?} {bad:?} {error} {error:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    let logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(logged.iter().any(|line| line.contains("fang")), "the logger should be installed");
    let leaks: Vec<_> = logged.iter().filter(|line| line.contains(SECRET)).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}
