//! Several real worker processes. This test program starts itself again as one.

use crate::seam::{Child, Mode, PATIENCE, World, say};
use std::collections::HashSet;
use std::io::{BufRead, BufReader};

crate::each_mode! {
    four_processes_run_twenty_thousand_tasks_once_each,
}

const TASKS: usize = 20_000;
const PROCESSES: usize = 4;
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
