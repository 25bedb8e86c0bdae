//! Campaigns against programs that are not even workers, with a queue in memory.

#![cfg(unix)]
// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang::{AsyncWorkerPool, FangTaskState, MemoryQueue, Uuid};
use fang_faults::{Campaign, Cause, Fault, FaultsError, Ledger, Lost, Process};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

/// Longer than anything takes in a test that passes.
const PATIENCE: Duration = Duration::from_secs(20);

#[fang::task]
async fn idle() {}

/// What the tasks of a program insert with, and record with.
static PROGRAM: OnceLock<(MemoryQueue, Ledger)> = OnceLock::new();

#[fang::task]
async fn parent() -> Result<(), String> {
    let (queue, ledger) = PROGRAM.get().unwrap();
    // Longer than until the campaign waits, and reads the ledger.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let child = queue.insert(child()).await.map_err(|error| error.to_string())?;
    ledger.acknowledged([child]).map_err(|error| error.to_string())
}

#[fang::task]
async fn child() {
    tokio::time::sleep(Duration::from_millis(400)).await;
}

/// A process that waits to be killed, or lets SIGTERM end it.
fn waits() -> Campaign {
    Campaign::new("/bin/cat")
        .workers(2)
        .every(Duration::from_millis(40))
        .over_within(Duration::from_millis(200))
}

/// A process that runs this script of a shell.
fn script(text: &str) -> Campaign {
    let shell = Campaign::new("/bin/sh").arg("-c").arg(text).workers(1).faults([]);
    shell.times(1).every(Duration::from_millis(40)).over_within(Duration::ZERO)
}

/// Tells this program that it is the test which is killed.
const HOLDS: &str = "FANG_FAULTS_TEST_HOLDS_A_WORKER";

/// The output of the test and its worker is one pipe. It ends when both have ended.
#[test]
fn workers_end_when_the_process_of_their_test_is_killed() {
    if std::env::var_os(HOLDS).is_some() {
        // The closed input does not end the worker. Without a guard it works for longer than the test waits.
        let script = "trap '' HUP INT TERM; echo working; exec sleep 40";
        let _worker = Process::start(Command::new("/bin/sh").args(["-c", script])).unwrap();
        // Never answered.
        let _ = std::io::stdin().read(&mut [0]);
        return;
    }
    let mut test = Command::new(std::env::current_exe().unwrap())
        .args(["workers_end_when", "--nocapture"])
        .env(HOLDS, "yes")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(test.stdout.take().unwrap());
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        output.lines().map_while(Result::ok).for_each(|line| tell.send(line).unwrap());
    });
    while told.recv_timeout(PATIENCE).unwrap() != "working" {}
    test.kill().unwrap();
    test.wait().unwrap();
    let ended = told.recv_timeout(PATIENCE);
    assert_eq!(ended, Err(RecvTimeoutError::Disconnected), "the worker still runs");
}

#[tokio::test]
async fn tasks_that_never_ran_are_lost_with_their_kind_and_state_unless_they_may_be_removed() {
    let queue = MemoryQueue::new();
    let mut ids = Vec::new();
    let inserts = async |ledger: &Ledger| {
        let task = queue.insert(idle()).await?;
        ledger.acknowledged([&task])?;
        match ids.len() {
            0 => {}
            1 => ledger.may_fail([task.id])?,
            _ => ledger.may_be_removed([task.id])?,
        }
        ids.push(task.id);
        Ok(())
    };
    let runs_another = script(
        "printf '\nstart 01936f2a5a1c7cc0b3a13f1f5f3c7a10 1 1 7 1 another ;' >> $FANG_LEDGER; exec cat",
    );
    let campaign = runs_another.faults([Fault::Kill]).times(4).seed(9);
    let report = campaign.run_async(&queue, inserts).await.unwrap();
    let lost = report.lost.iter().map(|lost| (lost.id, lost.kind.as_str(), lost.state));
    let new = |index: usize| (ids[index], "idle", Some(FangTaskState::New));
    assert_eq!(lost.collect::<Vec<_>>(), [new(0), new(1)], "{report}");
    assert!(ids.len() > 2 && report.acknowledged == ids.len() && report.succeeded == 0);
    assert_eq!((report.excused, report.faults["kill"], report.seed), (ids.len() - 2, 4, 9));
    assert_eq!(report.kinds_without_runs, [("idle".to_owned(), ids.len())].into());
    assert_eq!(report.without_insert.len(), 1);
    std::fs::remove_dir_all(report.folder.unwrap()).unwrap();
}

#[tokio::test]
async fn tasks_that_tasks_insert_while_the_campaign_waits_are_waited_for() {
    let queue = MemoryQueue::new();
    let mut pool = None;
    let inserts = async |ledger: &Ledger| {
        if pool.is_none() {
            PROGRAM.set((queue.clone(), ledger.clone())).unwrap();
            let builder = AsyncWorkerPool::builder().number_of_workers(2).queue(queue.clone());
            pool.insert(builder.middleware(ledger.clone()).build()).start().await?;
            ledger.acknowledged([queue.insert(parent()).await?])?;
        }
        Ok(())
    };
    let waits = waits().faults([]).times(1).over_within(Duration::from_secs(20));
    let report = waits.run_async(&queue, inserts).await.unwrap();
    report.assert_clean();
    assert_eq!((report.acknowledged, report.succeeded), (2, 2));
}

/// A worker that inserts as it ends.
#[tokio::test]
async fn a_task_that_is_acknowledged_at_the_very_end_is_looked_up_before_it_is_lost() {
    let (queue, late) = (MemoryQueue::new(), Uuid::from_u128(7));
    queue.insert(idle().with_id(late)).await.unwrap();
    let late = late.simple();
    let ends = script(&format!(
        "trap 'printf \"\\nstart {late} 1 1 $$ 1 idle ;\\nacked {late} 2 idle ;\" >> $FANG_LEDGER; exit' TERM; \
         while :; do read line; done"
    ));
    let report = ends.every(Duration::from_millis(500)).run_async(&queue, async |_| Ok(())).await.unwrap();
    let [Lost { state: Some(FangTaskState::New), .. }] = report.lost.as_slice() else { panic!("{report}") };
    std::fs::remove_dir_all(report.folder.unwrap()).unwrap();
}

#[tokio::test]
async fn a_program_without_the_line_in_its_pools_is_an_error_that_names_it() {
    let queue = MemoryQueue::new();
    let inserts = async |ledger: &Ledger| Ok(ledger.acknowledged([queue.insert(idle()).await?])?);
    let error = waits().times(1).run_async(&queue, inserts).await.unwrap_err();
    assert!(error.to_string().contains("`.middleware(fang_faults::Ledger::from_env())`"), "{error}");
    let FaultsError::NoRuns { log } = error else { panic!("{error}") };
    std::fs::remove_dir_all(log.parent().unwrap()).unwrap();
}

/// Its first process begins a run and ends. The next one runs the task again, as the one clock has it much later.
#[tokio::test]
async fn a_worker_that_ends_by_itself_is_the_cause_of_its_repeats() {
    let id = Uuid::from_u128(7).simple();
    let line = format!("printf \"\\nstart {id} %s 1 $$ %s idle ;\"");
    let ends = script(&format!(
        "if [ -s $FANG_LEDGER ]; then {line} 2 99999999999999999 >> $FANG_LEDGER; exec cat; fi; \
         {line} 1 1 >> $FANG_LEDGER; exit 1"
    ));
    let ends = ends.every(Duration::from_secs(3)).seed(1);
    let report = ends.run_async(&MemoryQueue::new(), async |_| Ok(())).await.unwrap();
    let [repeat] = report.repeated.as_slice() else { panic!("{report}") };
    assert_eq!((repeat.causes.as_slice(), report.ended_by_themselves), ([Cause::Exited].as_slice(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_does_not_end_in_time_is_killed_and_counted() {
    let deaf = Campaign::new("/bin/sh").arg("-c").arg("trap '' TERM; while :; do read line; done").workers(1);
    let deaf = deaf.faults([Fault::Terminate]).times(1).every(Duration::from_millis(500));
    let deaf = deaf.stops_within(Duration::from_millis(50));
    let report = deaf.run_async(&MemoryQueue::new(), async |_| Ok(())).await.unwrap();
    // The second one is terminated at the end, perhaps before it is deaf.
    assert!((1..=2).contains(&report.overdue), "{report}");
    let willing = waits().faults([Fault::Terminate]).times(2);
    let report = willing.run_async(&MemoryQueue::new(), async |_| Ok(())).await.unwrap();
    assert_eq!(report.overdue, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_cannot_be_carried_out_says_why() {
    let queue = MemoryQueue::new();
    let run = async |campaign: Campaign| {
        let ended = campaign.workers(1).run_async(&queue, async |_| Err("no inserts".into())).await;
        ended.unwrap_err()
    };
    let error = run(Campaign::new("/nowhere/worker")).await;
    assert!(matches!(error, FaultsError::Start { .. }) && error.to_string().contains("/nowhere/worker"));
    let error = run(Campaign::new("/bin/cat").faults([Fault::Reset])).await;
    assert!(error.to_string().contains("through_proxy"), "{error}");
    let error = run(Campaign::new("/bin/cat")).await;
    assert!(matches!(error, FaultsError::Inserts(_)) && error.to_string().contains("no inserts"), "{error}");
    let ends = Campaign::new("/bin/sh").arg("-c").arg("echo no settings >&2; exit 3").workers(1);
    let error = ends.every(Duration::from_secs(9)).run_async(&queue, async |_| Ok(())).await.unwrap_err();
    let FaultsError::Ends { status, log } = error else { panic!("{error}") };
    assert_eq!(status.code(), Some(3));
    assert!(std::fs::read_to_string(&log).unwrap().contains("no settings"));
    std::fs::remove_dir_all(log.parent().unwrap()).unwrap();
}
