//! A task that finishes within its own transaction has its effect exactly once, whatever happens around the commit.

use crate::world::{PATIENCE, World, say, until};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use fang_blocking::{Backend, FinishIn, Lease, MemoryQueue, PgConnection, Queue, WorkerPool, block_on};
use fang_core::lanes::{Lanes, Start};
use fang_core::store::{Claim, Rescue};
use fang_core::{FangError, FangTaskState, Mode, Queueable, RetentionMode, Runnable, Task, typetag};
use serde::{Deserialize, Serialize};
use std::process::Command;
use std::time::Duration;

const QUICK: Lease =
    Lease { beat_every: Duration::from_millis(100), dead_after: Duration::from_millis(1000), max_crashes: 3 };

/// Where the effects are.
#[derive(Clone)]
struct Uri(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    Commit,
    CommitAndFail,
    RollBack,
    RollBackAndFail,
    LoseTheClaim,
    DieBeforeTheCommit,
    DieAfterTheCommit,
}

#[derive(Serialize, Deserialize)]
struct Pay(End);

#[typetag::serde(name = "PayBlocking")]
impl Runnable for Pay {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        let context = queue.context();
        let mut client = PgConnection::establish(&context.require_state::<Uri>()?.0)?;
        let again = context.lease() > 1;
        if self.0 == End::LoseTheClaim && !again {
            client.batch_execute("UPDATE fang_tasks SET state = 'retried', locked_by = NULL")?;
        }
        let mut rolled_back = false;
        let outcome = client.transaction(|client| {
            client.batch_execute("INSERT INTO effects DEFAULT VALUES")?;
            context.finish_in(client)?;
            match self.0 {
                End::DieBeforeTheCommit if !again => std::process::abort(),
                End::RollBack => {
                    rolled_back = true;
                    Err(FangError::new("rolled back"))
                }
                End::RollBackAndFail if !again => Err(FangError::new("rolled back")),
                _ => Ok(()),
            }
        });
        match self.0 {
            _ if rolled_back => Ok(()),
            End::DieAfterTheCommit => std::process::abort(),
            End::CommitAndFail => Err(FangError::new("too late to fail")),
            _ => outcome,
        }
    }

    fn backoff(&self, _attempt: u32) -> u32 {
        0
    }
}

fn pool(uri: &str, retention: RetentionMode) -> WorkerPool<Queue> {
    WorkerPool::builder()
        .number_of_workers(2_u32)
        .queue(Queue::builder().uri(uri).max_pool_size(2_u32).build())
        .retention_mode(retention)
        .lease(QUICK)
        .state(Uri(uri.to_owned()))
        .build()
}

fn world_with_effects() -> World {
    let world = World::new();
    world.run("CREATE TABLE effects (id bigserial)");
    world
}

fn effects(world: &World) -> i64 {
    world.number("SELECT count(*) FROM effects")
}

/// Runs one such task to its end: how many effects there are, how many results were late, and what is left of it.
fn run(end: End, retention: RetentionMode) -> (i64, u64, Option<Task>) {
    let world = world_with_effects();
    let task = world.queue.insert_task(&Pay(end)).unwrap();
    let mut pool = pool(world.database.uri(), retention);
    pool.start().unwrap();
    let find = || world.queue.find_task_by_id(task.id).unwrap();
    until(|| find().is_none_or(|task| !task.state.is_alive()));
    let report = pool.shutdown(PATIENCE);
    (effects(&world), report.late_results, find())
}

#[test]
fn a_task_that_finishes_in_its_transaction_is_done_and_no_result_is_late() {
    assert_eq!(run(End::Commit, RetentionMode::RemoveFinished), (1, 0, None));
    let (effects, late, kept) = run(End::Commit, RetentionMode::KeepAll);
    assert_eq!((effects, late, kept.unwrap().state), (1, 0, FangTaskState::Finished));
}

#[test]
fn what_a_run_returns_after_its_commit_changes_nothing() {
    let (effects, late, kept) = run(End::CommitAndFail, RetentionMode::KeepAll);
    let kept = kept.unwrap();
    assert_eq!((effects, late, kept.state, kept.retries, kept.lease), (1, 0, FangTaskState::Finished, 0, 1));
}

#[test]
fn what_a_run_returns_after_it_rolled_back_counts() {
    let (effects, late, kept) = run(End::RollBack, RetentionMode::KeepAll);
    assert_eq!((effects, late, kept.unwrap().state), (0, 0, FangTaskState::Finished));
    let (effects, late, kept) = run(End::RollBackAndFail, RetentionMode::KeepAll);
    let kept = kept.unwrap();
    assert_eq!((effects, late, kept.state, kept.retries, kept.lease), (1, 0, FangTaskState::Finished, 1, 2));
}

#[test]
fn whoever_has_lost_its_claim_is_told_and_leaves_no_effect() {
    let (effects, late, kept) = run(End::LoseTheClaim, RetentionMode::KeepAll);
    assert_eq!((effects, late, kept.unwrap().lease), (1, 1, 2), "the second run has the effect");
    let (effects, late, kept) = run(End::LoseTheClaim, RetentionMode::RemoveFinished);
    assert_eq!((effects, late, kept.is_none()), (1, 1, true), "the same where its row goes");
}

#[test]
fn without_tables_nothing_can_be_finished_in_a_transaction() {
    let world = world_with_effects();
    let mut client = world.client.borrow_mut();
    let error = MemoryQueue::new().context().finish_in(&mut client).unwrap_err();
    assert!(error.to_string().contains("return Ok instead"), "{error}");
}

const URI: &str = "FANG_TEST_PAYER_URI";

/// Not a test by itself: a worker process, until its task ends it.
#[test]
fn work_until_the_task_ends_the_process() {
    let Ok(uri) = std::env::var(URI) else { return };
    let mut pool = pool(&uri, RetentionMode::RemoveFinished);
    pool.start().unwrap();
    std::thread::sleep(PATIENCE);
}

/// The child dies at `end`; then a pool of this process does what is left to do.
fn dies(end: End) -> (World, bool) {
    let world = world_with_effects();
    let task = world.queue.insert_task(&Pay(end)).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["finish_in::work_until_the_task_ends_the_process", "--exact"])
        .env(URI, world.database.uri())
        .output();
    assert!(!child.unwrap().status.success());
    let is_left = world.queue.find_task_by_id(task.id).unwrap().is_some();
    let mut pool = pool(world.database.uri(), RetentionMode::RemoveFinished);
    pool.start().unwrap();
    // The dead worker is buried, and with it, what it held is taken back.
    until(|| world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL") > 0);
    until(|| world.number("SELECT count(*) FROM fang_tasks") == 0);
    assert_eq!(pool.shutdown(PATIENCE).late_results, 0);
    (world, is_left)
}

#[test]
fn a_process_that_dies_after_the_commit_has_done_it_once() {
    let (world, is_left) = dies(End::DieAfterTheCommit);
    assert_eq!((effects(&world), is_left), (1, false));
}

#[test]
fn a_process_that_dies_before_the_commit_has_done_nothing_and_another_does_it_once() {
    let (world, is_left) = dies(End::DieBeforeTheCommit);
    assert_eq!((effects(&world), is_left), (1, true));
}

/// Who finishes a task and hangs before the commit holds a lock on its row.
#[test]
fn a_transaction_that_hangs_holds_up_no_rescue_of_others() {
    let world = World::new();
    for text in ["hangs", "waits"] {
        world.queue.insert_task(&say(text)).unwrap();
    }
    let store = world.queue.engine().unwrap();
    let worker = block_on(store.register("{}")).unwrap();
    let lanes = Lanes::new(Mode::Blocking).in_order(false, Start::Beginning);
    let claim = Claim { worker, task_type: "common", limit: 2, lanes: &lanes, crowded: false };
    let claimed = block_on(store.claim(&claim)).unwrap();
    block_on(store.retire(worker)).unwrap();
    let lock = format!("BEGIN; SELECT FROM fang_tasks WHERE id = '{}' FOR UPDATE", claimed[0].id);
    world.run(&lock);
    let rescue = Rescue { by: None, lease: PATIENCE, max_crashes: 3 };
    assert_eq!(block_on(store.rescue(&rescue)).unwrap().retried, 1);
    world.run("ROLLBACK");
    assert_eq!(block_on(store.rescue(&rescue)).unwrap().retried, 1);
}
