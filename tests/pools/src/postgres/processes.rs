//! Several real worker processes. This test program starts itself again as one.

use crate::seam::{Child, Mode, PATIENCE, World, holding, say, told_to_end};
use fang_asynk::Lease;
use fang_core::{QueueError, SleepParams, StoreError};
use futures_util::FutureExt;
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::{Child as Process, Command};
use std::time::{Duration, Instant};

crate::each_mode! {
    the_tasks_of_a_killed_process_run_after_a_third_of_its_lease_and_those_of_a_paused_one_do_not,
    a_forked_process_leaves_the_connections_to_its_parent,
    four_processes_run_twenty_thousand_tasks_once_each,
}

const TASKS: usize = 20_000;
const PROCESSES: usize = 4;

/// Shorter than the default of 30 s. A beat is a sixth of it.
const LEASE: Duration = Duration::from_secs(12);

/// How long a kill may keep tasks from running, at most. A worker without a session is dead once it has been silent for a third
/// of its lease. A heart notices this silence from 0.55 of it on, and beats twice in it, so it may look a tenth of a beat too late.
/// Then a pool that missed the notification polls. That makes 12 s by default, which the docs promise.
fn promised(lease: &Lease, sleep: &SleepParams) -> Duration {
    lease.dead_after / 3 + lease.beat_every / 10 + sleep.max_sleep_period
}

/// At most this many processes are killed.
const KILLS: u32 = 3;

/// Runs one task that does not end.
pub async fn is_busy(mode: Mode, uri: &str) {
    let world = World::at(mode, uri);
    let _pool = world.pool(1).lease(Lease::new(LEASE)).start().await;
    println!("began {}", world.heard().await);
    told_to_end().await;
    std::process::exit(0);
}

/// A process that is killed when this is dropped.
struct Killed(Process);

impl Drop for Killed {
    fn drop(&mut self) {
        // Both fail only if it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a process that is busy with a task of this name.
async fn busy_with(world: &World, name: &str) -> Killed {
    let mut child = Child::new("busy", world.mode, world.uri()).spawn();
    world.queue.insert_task(&holding(name)).await.unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.ends_with(&format!("began {name}"))));
    Killed(child)
}

/// The server notices at once that the sessions of a killed process have ended. Those of a paused one go on. A kill whose
/// repair a busy machine delays is repeated.
async fn the_tasks_of_a_killed_process_run_after_a_third_of_its_lease_and_those_of_a_paused_one_do_not(
    mode: Mode,
) {
    let world = World::postgres(mode).await;
    let mut to_kill = Vec::new();
    for _ in 0..KILLS {
        to_kill.push(busy_with(&world, "of the killed").await);
    }
    let paused = busy_with(&world, "of the paused").await;
    let mut pool = world.pool(KILLS + 1).lease(Lease::new(LEASE)).start().await;
    let is_well = "SELECT count(*) FROM fang_meta WHERE well_since < beat_at - interval '12 s'";
    world.until_number(is_well, 1).await;
    let sleep = SleepParams::default();
    assert_eq!(promised(&Lease::default(), &sleep), Duration::from_secs(12));
    let promised = promised(&Lease::new(LEASE), &sleep);
    let mut took = Duration::MAX;
    while took > promised {
        let killed = to_kill.pop().expect("one of some kills should be repaired in time");
        let began = Instant::now();
        drop(killed);
        assert_eq!(world.heard().await, "of the killed");
        took = began.elapsed();
        println!("the task of the killed process ran again after {took:?}");
        assert!(took < LEASE * 2 / 3, "{took:?}");
    }
    let pause = Command::new("kill").args(["-STOP", &paused.0.id().to_string()]).status().unwrap();
    assert!(pause.success());
    let began = Instant::now();
    assert_eq!(world.heard().await, "of the paused");
    let took = began.elapsed();
    // The last beat came up to a sixth of a lease before the pause.
    assert!(took > LEASE * 4 / 5, "{took:?}");
    let ran_again = i64::from(KILLS) - to_kill.len() as i64 + 1;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks WHERE crashes = 1").await, ran_again);
    world.stage.open(KILLS as usize + 1);
    drop(paused);
    pool.shutdown(PATIENCE).await;
}

/// Connects, then forks. The child tries to insert a task.
pub async fn forks(mode: Mode, uri: &str) {
    let world = World::at(mode, uri);
    world.queue.insert_task(&say("before")).await.unwrap();
    match fork::fork().unwrap() {
        fork::Fork::Child => {
            // The threads of the runtime are not in the child, so a wait would never end.
            let outcome = world.queue.insert_task(&say("of the child")).now_or_never();
            let is_told = matches!(outcome, Some(Err(QueueError::Store(StoreError::Forked))));
            std::process::exit(if is_told { FORKED } else { 1 });
        }
        fork::Fork::Parent(child) => {
            println!("\nthe child ended with {}", fork::waitpid(child).unwrap() >> 8)
        }
    }
    world.queue.insert_task(&say("after")).await.unwrap();
}

/// The exit code of a child that was told that it is one.
const FORKED: i32 = 77;

async fn a_forked_process_leaves_the_connections_to_its_parent(mode: Mode) {
    let world = World::postgres(mode).await;
    let parent = Child::new("forks", mode, world.uri()).spawn().wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&parent.stdout);
    assert!(told.contains(&format!("the child ended with {FORKED}")), "{told}");
    let texts = "SELECT count(*) FROM fang_tasks WHERE metadata->>'text' IN ('before', 'after')";
    assert_eq!(world.number(texts).await, 2);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 2);
}

/// Runs a pool until no task is left.
pub async fn works(mode: Mode, uri: &str) {
    let world = World::at(mode, uri);
    let tells = || world.told().iter().for_each(|run| println!("ran {}", run.name));
    let mut pool = world.pool(10).start().await;
    while !world.queue.count_tasks().await.unwrap().is_empty() {
        tells();
    }
    let report = pool.shutdown(PATIENCE).await;
    tells();
    assert_eq!((report.late_results, report.still_running), (0, 0));
}

async fn four_processes_run_twenty_thousand_tasks_once_each(mode: Mode) {
    let world = World::postgres(mode).await;
    let tasks = (0..TASKS).map(|n| world.new_task(&say(&n.to_string())));
    world.queue.insert_tasks(tasks.collect()).await.unwrap();
    let children = [(); PROCESSES].map(|()| Child::new("worker", mode, world.uri()).spawn());
    let (mut runs, mut names, mut busy) = (0, HashSet::new(), 0);
    for mut child in children {
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let ran: Vec<String> =
            lines.filter_map(|line| line.strip_prefix("ran ").map(str::to_owned)).collect();
        assert!(child.wait().unwrap().success());
        busy += usize::from(!ran.is_empty());
        runs += ran.len();
        names.extend(ran);
    }
    assert_eq!((runs, names.len()), (TASKS, TASKS));
    assert!(busy >= 2, "several processes worked, not {busy}");
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
}
