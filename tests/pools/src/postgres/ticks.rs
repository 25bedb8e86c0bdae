//! Several real processes that fire the ticks of the same crons, and are killed meanwhile.

use crate::seam::{Child, Mode, World, say, told_to_end, until};
use chrono::TimeDelta;
use fang_core::store::NewCron;
use fang_core::{Cron, Missed, RetentionMode};
use std::process::Child as Process;
use std::time::Duration;
use uuid::Uuid;

crate::each_mode! {
    each_of_a_thousand_ticks_fires_once_from_eight_processes_with_wrong_clocks_that_are_killed,
}

const TICKS: i64 = 1_000;
const CRONS: i64 = 50;
const PROCESSES: usize = 8;
const KILLS: i64 = 20;

/// Starts a process. The clocks of half of them are two minutes slow, those of the others two minutes fast.
fn spawn(mode: Mode, uri: &str, n: usize) -> Process {
    Child::new("ticker", mode, uri).skewed(if n.is_multiple_of(2) { "-2m" } else { "+2m" }).spawn()
}

/// Runs a pool, which fires ticks, until it is killed or its parent ends.
pub async fn fires(mode: Mode, uri: &str) {
    let _pool = World::at(mode, uri).pool(1).keeps(RetentionMode::KeepAll).start().await;
    told_to_end().await;
}

/// Inserts crons that tick every second from now on.
async fn schedule(world: &World) {
    let store = world.queue.engine();
    let first = store.now().await.unwrap() + TimeDelta::seconds(1);
    for n in 0..CRONS {
        let task = world.new_task(&say(&n.to_string())).with_id(Uuid::now_v7());
        let cron = Cron::every(Duration::from_secs(1)).missed(Missed::CatchUp(Missed::MAX_CATCH_UP));
        let cron = NewCron { name: task.cron_name(), cron, task, first };
        store.sync_cron(&cron).await.unwrap();
    }
}

const FIRED: &str = "SELECT count(*) FROM fang_tasks WHERE scheduled_at <= now()";
const DOUBLE: &str = "SELECT count(*) - count(DISTINCT (metadata, scheduled_at)) FROM fang_tasks";
const GAPS: &str = "SELECT count(*) FROM (
    SELECT count(*) AS ticks, max(scheduled_at) - min(scheduled_at) AS span FROM fang_tasks GROUP BY metadata
) AS cron WHERE (ticks - 1) * interval '1 second' <> span";

async fn each_of_a_thousand_ticks_fires_once_from_eight_processes_with_wrong_clocks_that_are_killed(
    mode: Mode,
) {
    let world = World::postgres(mode).await;
    schedule(&world).await;
    let mut children: Vec<Process> = (0..PROCESSES).map(|n| spawn(mode, world.uri(), n)).collect();
    let fired = async |ticks| until(async || world.number(FIRED).await >= ticks).await;
    // Kills one process after the other.
    for kill in 1..KILLS {
        fired(TICKS / KILLS * kill).await;
        let victim = usize::try_from(kill).unwrap() % PROCESSES;
        children[victim].kill().unwrap();
        children[victim].wait().unwrap();
        children[victim] = spawn(mode, world.uri(), victim);
    }
    fired(TICKS).await;
    for child in &mut children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(world.number("SELECT count(DISTINCT metadata) FROM fang_tasks").await, CRONS);
    assert_eq!((world.number(DOUBLE).await, world.number(GAPS).await), (0, 0));
}
