//! Crons with several pools, with changing schedules, and with invalid rows.

use crate::seam::{Act, How, Mode, PATIENCE, World, idle};
use fang_core::Scheduled;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

crate::each_mode! {
    ticks_go_on_when_one_of_two_pools_stops,
    a_cron_changed_by_many_at_once_leaves_one_tick,
    an_invalid_cron_row_does_not_stop_other_crons,
}

async fn ticks_go_on_when_one_of_two_pools_stops(mode: Mode) {
    let world = World::postgres(mode).await;
    world.queue.schedule_task(&Act::every_second(How::Succeed)).await.unwrap();
    let queues = [mode.queue(world.uri()), mode.queue(world.uri())];
    let mut first = queues[0].pool(1, &world.stage).start().await;
    let _second = queues[1].pool(1, &world.stage).start().await;
    for _ in 0..3 {
        world.heard().await;
    }
    first.shutdown(PATIENCE).await;
    let mut last = Instant::now();
    for _ in 0..3 {
        world.heard().await;
        assert!(last.elapsed() < Duration::from_secs(4), "a gap of {:?}", last.elapsed());
        last = Instant::now();
    }
}

/// A task whose schedule is different at each call.
#[derive(Serialize, Deserialize)]
struct Changing;

static MINUTE: AtomicU32 = AtomicU32::new(0);

idle! {
    Changing;

    fn cron(&self) -> Option<Scheduled> {
        let minute = MINUTE.fetch_add(1, Ordering::SeqCst) % 60;
        Some(Scheduled::CronPattern(format!("{minute} 0 1 1 *")))
    }
}

async fn a_cron_changed_by_many_at_once_leaves_one_tick(mode: Mode) {
    let world = World::postgres(mode).await;
    let callers = (0..8).map(|_| {
        let queue = world.queue.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                queue.schedule_task(&Changing).await.unwrap();
            }
        })
    });
    futures_util::future::try_join_all(callers).await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM fang_crons").await, 1);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 1);
}

async fn an_invalid_cron_row_does_not_stop_other_crons(mode: Mode) {
    let world = World::postgres(mode).await;
    let endless =
        "INSERT INTO fang_crons (name, pattern, metadata, task_type, mode, priority, last_tick, task_id)
        VALUES ('endless', '* * * * * *', '{}', 'common', 1, 2, 'infinity', gen_random_uuid()),
               ('never', 'no pattern', '{}', 'common', 1, 2, '-infinity', gen_random_uuid())";
    world.run(endless).await;
    world.queue.schedule_task(&Act::every_second(How::Succeed)).await.unwrap();
    let _pool = world.pool(1).start().await;
    for _ in 0..3 {
        world.heard().await;
    }
}

/// Collects the source of the files with these names below a folder.
fn code_of(names: &[&str], folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            code_of(names, &entry, found);
        } else if names.iter().any(|name| entry.ends_with(name)) {
            found.push(fs::read_to_string(&entry).unwrap());
        }
    }
}

/// The clock of the store decides which ticks are due, since the clock of the application may be wrong.
#[test]
fn no_code_of_crons_reads_the_clock_of_the_application() {
    let mut found = Vec::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).unwrap() {
        let sources = entry.unwrap().path().join("src");
        if sources.to_string_lossy().contains("/fang-") && sources.is_dir() {
            code_of(&["crons.rs", "handle.rs"], &sources, &mut found);
        }
    }
    assert!(found.len() >= 3, "{} files of crons and handles", found.len());
    let code = found.iter().flat_map(|file| file.lines()).filter(|line| !line.trim_start().starts_with("//"));
    let clocks = ["Utc::now", "Local::now", "SystemTime", "Instant::now"];
    let read: Vec<&str> = code.filter(|line| clocks.iter().any(|clock| line.contains(clock))).collect();
    assert!(read.is_empty(), "{read:?}");
}
