//! Passwords and payloads stay out of `Debug`, errors and logs.

use crate::seam::{Mode, PATIENCE, World, collect_logs, logged, say, until};
use fang_core::NewTask;

crate::each_mode! {
    debug_shows_neither_the_connection_string_nor_a_payload,
    no_log_line_shows_a_payload_whatever_happens_to_the_task,
}

const SECRET: &str = "hunter2";

async fn debug_shows_neither_the_connection_string_nor_a_payload(mode: Mode) {
    let world = World::at(mode, &format!("postgres://fang:{SECRET}@localhost/fang"));
    let (queue, pool, task) = (&world.queue, world.pool(1).build(), world.new_task(&say(SECRET)));
    let shown = format!("{queue:?} {queue:#?} {pool:?} {task:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}

async fn no_log_line_shows_a_payload_whatever_happens_to_the_task(mode: Mode) {
    collect_logs();
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
    let logged = logged();
    assert!(logged.iter().any(|line| line.contains("fang")), "the logger should be installed");
    let leaks: Vec<_> = logged.iter().filter(|line| line.contains(SECRET)).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}
