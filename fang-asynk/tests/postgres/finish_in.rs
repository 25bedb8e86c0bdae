//! A task that finishes within its own transaction has its effect exactly once, whatever happens around the commit.

use crate::world::{PATIENCE, World, say, until};
use fang_asynk::{AsyncBackend, AsyncFinishIn, AsyncQueue, AsyncWorkerPool, Lease, MemoryQueue, NoTls};
use fang_core::lanes::{Lanes, Start};
use fang_core::store::{Claim, Rescue};
use fang_core::{
    AsyncQueueable, AsyncRunnable, FangError, FangTaskState, Mode, RetentionMode, Task, async_trait, typetag,
};
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

#[typetag::serde(name = "PayAsync")]
#[async_trait]
impl AsyncRunnable for Pay {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        let context = queue.context();
        let uri = &context.require_state::<Uri>()?.0;
        let (mut client, connection) = tokio_postgres::connect(uri, NoTls).await?;
        tokio::spawn(connection);
        let again = context.lease() > 1;
        if self.0 == End::LoseTheClaim && !again {
            client.batch_execute("UPDATE fang_tasks SET state = 'retried', locked_by = NULL").await?;
        }
        let transaction = client.transaction().await?;
        transaction.execute("INSERT INTO effects DEFAULT VALUES", &[]).await?;
        context.finish_in(&transaction).await?;
        match self.0 {
            End::DieBeforeTheCommit if !again => std::process::abort(),
            End::RollBack => return Ok(transaction.rollback().await?),
            End::RollBackAndFail if !again => return Err(FangError::new("rolled back")),
            _ => transaction.commit().await?,
        }
        match self.0 {
            End::DieAfterTheCommit => std::process::abort(),
            End::CommitAndFail => Err(FangError::new("too late to fail")),
            _ => Ok(()),
        }
    }

    fn backoff(&self, _attempt: u32) -> u32 {
        0
    }
}

fn pool(uri: &str, retention: RetentionMode) -> AsyncWorkerPool<AsyncQueue<NoTls>> {
    AsyncWorkerPool::builder()
        .number_of_workers(2_u32)
        .queue(AsyncQueue::builder().uri(uri).max_pool_size(2_u32).build())
        .retention_mode(retention)
        .lease(QUICK)
        .state(Uri(uri.to_owned()))
        .build()
}

async fn world_with_effects() -> World {
    let world = World::new().await;
    world.client.batch_execute("CREATE TABLE effects (id bigserial)").await.unwrap();
    world
}

async fn effects(world: &World) -> i64 {
    world.number("SELECT count(*) FROM effects").await
}

/// Runs one such task to its end: how many effects there are, how many results were late, and what is left of it.
async fn run(end: End, retention: RetentionMode) -> (i64, u64, Option<Task>) {
    let world = world_with_effects().await;
    let task = world.queue.insert_task(&Pay(end)).await.unwrap();
    let mut pool = pool(world.database.uri(), retention);
    pool.start().await.unwrap();
    let find = async || world.queue.find_task_by_id(task.id).await.unwrap();
    until(async || find().await.is_none_or(|task| !task.state.is_alive())).await;
    let report = pool.shutdown(PATIENCE).await;
    (effects(&world).await, report.late_results, find().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_finishes_in_its_transaction_is_done_and_no_result_is_late() {
    assert_eq!(run(End::Commit, RetentionMode::RemoveFinished).await, (1, 0, None));
    let (effects, late, kept) = run(End::Commit, RetentionMode::KeepAll).await;
    assert_eq!((effects, late, kept.unwrap().state), (1, 0, FangTaskState::Finished));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_returns_after_its_commit_changes_nothing() {
    let (effects, late, kept) = run(End::CommitAndFail, RetentionMode::KeepAll).await;
    let kept = kept.unwrap();
    assert_eq!((effects, late, kept.state, kept.retries, kept.lease), (1, 0, FangTaskState::Finished, 0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_returns_after_it_rolled_back_counts() {
    let (effects, late, kept) = run(End::RollBack, RetentionMode::KeepAll).await;
    assert_eq!((effects, late, kept.unwrap().state), (0, 0, FangTaskState::Finished));
    let (effects, late, kept) = run(End::RollBackAndFail, RetentionMode::KeepAll).await;
    let kept = kept.unwrap();
    assert_eq!((effects, late, kept.state, kept.retries, kept.lease), (1, 0, FangTaskState::Finished, 1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_lost_its_claim_is_told_and_leaves_no_effect() {
    let (effects, late, kept) = run(End::LoseTheClaim, RetentionMode::KeepAll).await;
    assert_eq!((effects, late, kept.unwrap().lease), (1, 1, 2), "the second run has the effect");
    let (effects, late, kept) = run(End::LoseTheClaim, RetentionMode::RemoveFinished).await;
    assert_eq!((effects, late, kept.is_none()), (1, 1, true), "the same where its row goes");
}

#[tokio::test]
async fn without_tables_nothing_can_be_finished_in_a_transaction() {
    let world = world_with_effects().await;
    let mut client = world.database.client().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    let error = MemoryQueue::new().context().finish_in(&transaction).await.unwrap_err();
    assert!(error.to_string().contains("return Ok instead"), "{error}");
}

const URI: &str = "FANG_TEST_PAYER_URI";

/// Not a test by itself: a worker process, until its task ends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_until_the_task_ends_the_process() {
    let Ok(uri) = std::env::var(URI) else { return };
    let mut pool = pool(&uri, RetentionMode::RemoveFinished);
    pool.start().await.unwrap();
    tokio::time::sleep(PATIENCE).await;
}

/// The child dies at `end`; then a pool of this process does what is left to do.
async fn dies(end: End) -> (World, bool) {
    let world = world_with_effects().await;
    let task = world.queue.insert_task(&Pay(end)).await.unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["finish_in::work_until_the_task_ends_the_process", "--exact"])
        .env(URI, world.database.uri())
        .output();
    assert!(!child.unwrap().status.success());
    let is_left = world.queue.find_task_by_id(task.id).await.unwrap().is_some();
    let mut pool = pool(world.database.uri(), RetentionMode::RemoveFinished);
    pool.start().await.unwrap();
    // The dead worker is buried, and with it, what it held is taken back.
    until(async || world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL").await > 0)
        .await;
    until(async || world.number("SELECT count(*) FROM fang_tasks").await == 0).await;
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
    (world, is_left)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_after_the_commit_has_done_it_once() {
    let (world, is_left) = dies(End::DieAfterTheCommit).await;
    assert_eq!((effects(&world).await, is_left), (1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_before_the_commit_has_done_nothing_and_another_does_it_once() {
    let (world, is_left) = dies(End::DieBeforeTheCommit).await;
    assert_eq!((effects(&world).await, is_left), (1, true));
}

/// Who finishes a task and hangs before the commit holds a lock on its row.
#[tokio::test]
async fn a_transaction_that_hangs_holds_up_no_rescue_of_others() {
    let world = World::new().await;
    for text in ["hangs", "waits"] {
        world.queue.insert_task(&say(text)).await.unwrap();
    }
    let store = world.queue.engine().unwrap();
    let worker = store.register("{}").await.unwrap();
    let lanes = Lanes::new(Mode::Asynk).in_order(false, Start::Beginning);
    let claim = Claim { worker, task_type: "common", limit: 2, lanes: &lanes, crowded: false };
    let claimed = store.claim(&claim).await.unwrap();
    store.retire(worker).await.unwrap();
    let lock = format!("BEGIN; SELECT FROM fang_tasks WHERE id = '{}' FOR UPDATE", claimed[0].id);
    world.client.batch_execute(&lock).await.unwrap();
    let rescue = Rescue { by: None, lease: PATIENCE, max_crashes: 3 };
    assert_eq!(store.rescue(&rescue).await.unwrap().retried, 1);
    world.client.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(store.rescue(&rescue).await.unwrap().retried, 1);
}
