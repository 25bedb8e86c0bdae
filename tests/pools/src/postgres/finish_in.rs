//! A task that finishes in a transaction of its own has its effect exactly once, even if its process dies around
//! the commit.

use crate::seam::{Child, Client, HOUR, Mode, PATIENCE, QUICK, Rival, Run, World, both, say, until};
use fang_core::{FangError, FangTaskState, RetentionMode, Task};
use serde::{Deserialize, Serialize};
use std::time::Duration;

crate::each_mode! {
    a_task_that_finishes_in_its_transaction_is_done_and_no_result_is_late,
    the_result_of_a_run_is_ignored_after_it_has_finished_itself,
    the_result_of_a_run_counts_after_it_has_rolled_back,
    a_task_that_finishes_in_its_transaction_is_kept_as_its_kind_says,
    a_run_that_has_lost_its_claim_gets_an_error_and_leaves_no_effect,
    finish_in_is_refused_without_tables_in_postgres,
    a_process_that_dies_after_the_commit_has_done_it_once,
    a_process_that_dies_before_the_commit_has_done_nothing_and_another_does_it_once,
    a_hanging_transaction_does_not_delay_the_rescue_of_other_tasks,
}

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
struct Pay {
    end: End,
    keep: Option<Duration>,
}

impl Pay {
    async fn does(&self, run: Run<'_>) -> Result<(), FangError> {
        let context = run.context();
        let mut client = Client::connect(run.mode(), &run.stage().uri).await?;
        let again = context.lease() > 1;
        if self.end == End::LoseTheClaim && !again {
            client.run("UPDATE fang_tasks SET state = 'retried', locked_by = NULL").await?;
        }
        let mut transaction = client.begin().await?;
        transaction.run("INSERT INTO effects DEFAULT VALUES").await?;
        transaction.finish(context).await?;
        match self.end {
            End::DieBeforeTheCommit if !again => std::process::abort(),
            End::RollBack => return transaction.end(false).await,
            End::RollBackAndFail if !again => {
                transaction.end(false).await?;
                return Err(FangError::new("rolled back"));
            }
            _ => transaction.end(true).await?,
        }
        match self.end {
            End::DieAfterTheCommit => std::process::abort(),
            End::CommitAndFail => Err(FangError::new("too late to fail")),
            _ => Ok(()),
        }
    }
}

both! {
    Pay;

    fn keep(&self) -> Option<Duration> {
        self.keep
    }

    fn backoff(&self, _attempt: u32) -> u32 {
        0
    }
}

async fn world_with_effects(mode: Mode) -> World {
    let world = World::postgres(mode).await;
    world.run("CREATE TABLE effects (id bigserial)").await;
    world
}

async fn effects(world: &World) -> i64 {
    world.number("SELECT count(*) FROM effects").await
}

/// Runs one such task to its end. Returns the number of effects, the number of late results, and the row that is
/// left.
async fn run(mode: Mode, end: End, retention: RetentionMode) -> (i64, u64, Option<Task>) {
    let world = world_with_effects(mode).await;
    let task = world.queue.insert_task(&Pay { end, keep: None }).await.unwrap();
    let mut pool = world.pool(2).keeps(retention).lease(QUICK).start().await;
    let find = async || world.queue.find_task_by_id(task.id).await.unwrap();
    until(async || find().await.is_none_or(|task| !task.state.is_alive())).await;
    let report = pool.shutdown(PATIENCE).await;
    (effects(&world).await, report.late_results, find().await)
}

async fn a_task_that_finishes_in_its_transaction_is_done_and_no_result_is_late(mode: Mode) {
    assert_eq!(run(mode, End::Commit, RetentionMode::RemoveFinished).await, (1, 0, None));
    let (effects, late, kept) = run(mode, End::Commit, RetentionMode::KeepAll).await;
    assert_eq!((effects, late, kept.unwrap().state), (1, 0, FangTaskState::Finished));
}

async fn the_result_of_a_run_is_ignored_after_it_has_finished_itself(mode: Mode) {
    let (effects, late, kept) = run(mode, End::CommitAndFail, RetentionMode::KeepAll).await;
    let kept = kept.unwrap();
    assert_eq!((effects, late, kept.state, kept.retries, kept.lease), (1, 0, FangTaskState::Finished, 0, 1));
}

async fn the_result_of_a_run_counts_after_it_has_rolled_back(mode: Mode) {
    let (effects, late, kept) = run(mode, End::RollBack, RetentionMode::KeepAll).await;
    assert_eq!((effects, late, kept.unwrap().state), (0, 0, FangTaskState::Finished));
    let (effects, late, kept) = run(mode, End::RollBackAndFail, RetentionMode::KeepAll).await;
    let kept = kept.unwrap();
    assert_eq!((effects, late, kept.state, kept.retries, kept.lease), (1, 0, FangTaskState::Finished, 1, 2));
}

async fn a_task_that_finishes_in_its_transaction_is_kept_as_its_kind_says(mode: Mode) {
    let world = world_with_effects(mode).await;
    let pay = Pay { end: End::Commit, keep: Some(HOUR) };
    let task = world.queue.insert_task(&pay).await.unwrap();
    let mut pool = world.pool(1).start().await;
    let row = world.row_in(&task, FangTaskState::Finished).await;
    assert_eq!(row.keep_until, Some(row.updated_at + HOUR));
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
}

async fn a_run_that_has_lost_its_claim_gets_an_error_and_leaves_no_effect(mode: Mode) {
    let (effects, late, kept) = run(mode, End::LoseTheClaim, RetentionMode::KeepAll).await;
    assert_eq!((effects, late, kept.unwrap().lease), (1, 1, 2), "the second run has the effect");
    let (effects, late, kept) = run(mode, End::LoseTheClaim, RetentionMode::RemoveFinished).await;
    assert_eq!((effects, late, kept.is_none()), (1, 1, true), "the same if its row is removed");
}

async fn finish_in_is_refused_without_tables_in_postgres(mode: Mode) {
    let world = world_with_effects(mode).await;
    let mut client = world.connect().await;
    let mut transaction = client.begin().await.unwrap();
    let error = transaction.finish(&mode.memory().context()).await.unwrap_err();
    assert!(error.to_string().contains("run it from a queue in Postgres"), "{error}");
}

/// Runs a pool in a process that its task kills.
pub async fn pays(mode: Mode, uri: &str) {
    let _pool = World::at(mode, uri).pool(2).lease(QUICK).start().await;
    // The task ends the process. A limit ends it if the task does not.
    let _ = tokio::time::timeout(PATIENCE, std::future::pending::<()>()).await;
}

/// Lets a child process die at `end`. Then a pool of this process runs the task, if it is left.
async fn dies(mode: Mode, end: End) -> (World, bool) {
    let world = world_with_effects(mode).await;
    let task = world.queue.insert_task(&Pay { end, keep: None }).await.unwrap();
    let child = Child::new("payer", mode, world.uri()).spawn().wait_with_output();
    assert!(!child.unwrap().status.success());
    let is_left = world.queue.find_task_by_id(task.id).await.unwrap().is_some();
    let mut pool = world.pool(2).lease(QUICK).start().await;
    // Waits until the worker is declared dead, which also rescues its tasks.
    until(async || world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL").await > 0)
        .await;
    world.is_empty().await;
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
    (world, is_left)
}

async fn a_process_that_dies_after_the_commit_has_done_it_once(mode: Mode) {
    let (world, is_left) = dies(mode, End::DieAfterTheCommit).await;
    assert_eq!((effects(&world).await, is_left), (1, false));
}

async fn a_process_that_dies_before_the_commit_has_done_nothing_and_another_does_it_once(mode: Mode) {
    let (world, is_left) = dies(mode, End::DieBeforeTheCommit).await;
    assert_eq!((effects(&world).await, is_left), (1, true));
}

/// A run that has called `finish_in` and hangs before the commit locks the row of its task.
async fn a_hanging_transaction_does_not_delay_the_rescue_of_other_tasks(mode: Mode) {
    let world = World::postgres(mode).await;
    for text in ["hangs", "waits"] {
        world.queue.insert_task(&say(text)).await.unwrap();
    }
    let store = Rival::new(&world.queue).await;
    let claimed = store.claim(2, false).await;
    store.retire().await;
    let lock = format!("BEGIN; SELECT FROM fang_tasks WHERE id = '{}' FOR UPDATE", claimed[0].id);
    world.run(&lock).await;
    assert_eq!(store.rescue(PATIENCE).await, 1);
    world.run("ROLLBACK").await;
    assert_eq!(store.rescue(PATIENCE).await, 1);
}
