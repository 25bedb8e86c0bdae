//! Pools that claim short tasks by row locks alone (lock-claims).

use crate::seam::{
    Both, Client, Mode, Options, PATIENCE, Pool, Queue, Rival, Run, World, both, holding, inserts, say, until,
};
use fang_core::{FangError, Unique};
use fang_test_support::{Network, Proxy};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

crate::each_mode! {
    a_locked_task_that_runs_long_gets_a_written_claim_and_finishes,
    a_cut_lock_connection_neither_loses_nor_repeats_a_task,
    a_late_answer_to_a_claim_does_not_rerun_tasks_that_have_finished,
    a_failure_of_a_locked_task_is_saved,
    a_task_unique_until_started_gets_a_written_claim,
    a_shutdown_releases_locked_tasks_and_a_restart_runs_them,
    two_pools_with_lock_claims_run_each_task_once,
    a_task_that_saves_its_own_success_waits_for_its_written_claim,
    a_lock_claim_whose_connection_is_cut_cannot_list_or_commit,
    a_pool_that_reconciles_removes_a_list_of_tasks_that_it_does_not_run,
    a_queue_behind_a_pooler_offers_no_lock_claims,
}

crate::one_mode! {
    only_blocking, Blocking,
    a_queue_over_an_application_pool_offers_no_lock_claims,
}

/// The short tasks of a backlog: enough for a pool to measure that they are short, and to switch to lock-claims.
const WARM: usize = 100;

/// Cuts the connections with an open lock-claim, and returns how many they were.
const CUT: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction'";

/// A pool that has had enough short tasks to use lock-claims.
struct WarmPool {
    world: World,
    pool: Pool,
    /// How often each task ran, by the reports that were read so far.
    runs: BTreeMap<String, u32>,
}

impl WarmPool {
    /// A pool with a backlog of short tasks, and these tasks after them.
    async fn new(mode: Mode, tasks: &[&dyn Both]) -> Self {
        let world = World::postgres(mode).await;
        let queue = world.queue.clone();
        Self::over(world, &queue, tasks).await
    }

    /// Like `new`, with a pool over this queue.
    async fn over(world: World, queue: &Queue, tasks: &[&dyn Both]) -> Self {
        backlog(&world, tasks).await;
        let pool = queue.pool(2, &world.stage).start().await;
        Self { world, pool, runs: BTreeMap::new() }
    }

    async fn hears(&mut self, text: &str) {
        let mut last = String::new();
        while last != text {
            last = self.world.heard().await;
            *self.runs.entry(last.clone()).or_default() += 1;
        }
    }

    /// Runs long tasks until this query, asked while one runs, returns more than 0: the task is locked.
    async fn long_until(&mut self, sql: &str) {
        for number in 0..20 {
            self.hears(&format!("long {number}")).await;
            if self.world.number(sql).await > 0 {
                return;
            }
            self.world.stage.open(1);
            backlog(&self.world, &[&holding(&format!("long {}", number + 1))]).await;
        }
        panic!("none of 20 long tasks was claimed by a lock");
    }

    /// Asserts that each task ran once, and that no result came too late.
    async fn ends(self) {
        let Self { mut world, mut pool, mut runs } = self;
        let late = pool.shutdown(PATIENCE).await.late_results;
        // The reports end once the pool and its tasks are dropped.
        drop(pool);
        for run in world.told_to_the_end().await {
            *runs.entry(run.name).or_default() += 1;
        }
        runs.retain(|_, times| *times != 1);
        assert_eq!((late, runs), (0, BTreeMap::new()));
    }
}

async fn backlog(world: &World, tasks: &[&dyn Both]) {
    let tasks = (0..WARM).map(|number| world.new_task(&say(&format!("{} {number}", Uuid::now_v7()))));
    world.queue.insert_tasks(tasks.collect()).await.unwrap();
    for task in tasks {
        world.queue.insert_task(*task).await.unwrap();
    }
}

#[derive(Serialize, Deserialize)]
struct Fails;

impl Fails {
    async fn does(&self, _: Run<'_>) -> Result<(), FangError> {
        Err(FangError::new("no"))
    }
}

both!(Fails);

#[derive(Serialize, Deserialize)]
struct FinishesItself;

impl FinishesItself {
    async fn does(&self, run: Run<'_>) -> Result<(), FangError> {
        let mut client = Client::connect(run.mode(), &run.stage().uri).await?;
        let mut transaction = client.begin().await?;
        transaction.finish(run.context()).await?;
        transaction.end(true).await
    }
}

both!(FinishesItself);

async fn a_locked_task_that_runs_long_gets_a_written_claim_and_finishes(mode: Mode) {
    let mut warm = WarmPool::new(mode, &[&holding("long 0")]).await;
    let listed =
        "SELECT count(*) FROM fang_tasks t, fang_lock_claims c WHERE t.id = ANY (c.ids) AND t.state = 'new'";
    warm.long_until(listed).await;
    let leased = "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress' AND lease = 1";
    warm.world.until_number(leased, 1).await;
    warm.world.stage.open(1);
    warm.world.is_empty().await;
    warm.ends().await;
}

async fn a_cut_lock_connection_neither_loses_nor_repeats_a_task(mode: Mode) {
    let mut warm = WarmPool::new(mode, &[&holding("long 0")]).await;
    warm.long_until(CUT).await;
    warm.world.stage.open(1);
    warm.world.is_empty().await;
    warm.ends().await;
}

/// The locks are lost. Before the pool knows that, another claim of its own takes the tasks again, under the same lease.
/// The answer to that claim comes after the tasks have finished and their results are saved.
async fn a_late_answer_to_a_claim_does_not_rerun_tasks_that_have_finished(mode: Mode) {
    let world = World::postgres(mode).await;
    let proxy = Proxy::start(world.uri()).unwrap();
    let queue = mode.queue(proxy.uri());
    let mut warm = WarmPool::over(world, &queue, &[&holding("long 0")]).await;
    warm.long_until(CUT).await;
    proxy.set(Network::DelayAnswers(b"long ".to_vec(), Duration::from_millis(300)));
    backlog(&warm.world, &[]).await;
    let claimed = "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress' AND lease = 1";
    until(async || warm.world.number(claimed).await > 0).await;
    warm.world.stage.open(1);
    warm.world.is_empty().await;
    warm.ends().await;
}

async fn a_failure_of_a_locked_task_is_saved(mode: Mode) {
    let warm = WarmPool::new(mode, &[&Fails]).await;
    let failed = "SELECT count(*) FROM fang_tasks WHERE state = 'retried' AND retries = 1
        AND lease = 1 AND locked_by IS NULL AND error_message = 'no'";
    warm.world.until_number(failed, 1).await;
    warm.ends().await;
}

async fn a_task_unique_until_started_gets_a_written_claim(mode: Mode) {
    let warm = WarmPool::new(mode, &[]).await;
    for number in 0..5 {
        let task = say(&format!("unique {number}"));
        inserts!(warm.world.queue, &task, .unique_by(Unique::payload().until_started())).unwrap();
        backlog(&warm.world, &[]).await;
    }
    warm.world.is_empty().await;
    warm.ends().await;
}

async fn a_shutdown_releases_locked_tasks_and_a_restart_runs_them(mode: Mode) {
    let mut warm = WarmPool::new(mode, &[&holding("a"), &holding("b"), &say("c"), &say("d")]).await;
    // Both workers run one of them, so all earlier tasks have finished.
    let mut missing = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    while !missing.is_empty() {
        missing.remove(&warm.world.heard().await);
    }
    // No claim is under way either: a shutdown with a deadline of zero does not wait for one.
    let taken = "SELECT count(*) FROM fang_tasks t
        WHERE t.state = 'in_progress' OR EXISTS (SELECT FROM fang_lock_claims c WHERE t.id = ANY (c.ids))";
    warm.world.until_number(taken, 4).await;
    warm.pool.shutdown(Duration::ZERO).await;
    let waiting = "SELECT count(*) FROM fang_tasks WHERE state = 'new' AND locked_by IS NULL";
    assert_eq!(warm.world.number(waiting).await, 4);
    assert_eq!(warm.world.number("SELECT count(*) FROM fang_lock_claims").await, 0);
    // Threads cannot be stopped, so their two runs wait for permits as well as the two runs to come.
    warm.world.stage.open(if mode == Mode::Blocking { 4 } else { 2 });
    warm.pool.start().await.unwrap();
    warm.world.is_empty().await;
}

async fn two_pools_with_lock_claims_run_each_task_once(mode: Mode) {
    let mut warm = WarmPool::new(mode, &[]).await;
    let mut second = warm.world.pool(2).start().await;
    for _ in 0..20 {
        backlog(&warm.world, &[]).await;
    }
    warm.world.is_empty().await;
    assert_eq!(second.shutdown(PATIENCE).await.late_results, 0);
    warm.pool.shutdown(PATIENCE).await;
    drop((second, warm.pool));
    let ran: Vec<String> = warm.world.told_to_the_end().await.into_iter().map(|run| run.name).collect();
    let distinct: BTreeSet<&String> = ran.iter().collect();
    assert_eq!((ran.len(), distinct.len()), (21 * WARM, 21 * WARM));
}

async fn a_task_that_saves_its_own_success_waits_for_its_written_claim(mode: Mode) {
    let world = World::postgres(mode).await;
    backlog(&world, &[&FinishesItself]).await;
    let mut pool = world.pool(2).start().await;
    world.is_empty().await;
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
}

async fn a_lock_claim_whose_connection_is_cut_cannot_list_or_commit(mode: Mode) {
    let world = World::postgres(mode).await;
    let id = world.queue.insert_task(&say("a")).await.unwrap().id;
    let mut locked = Rival::new(&world.queue).await.lock(10).await;
    assert_eq!(locked.tasks, [(id, 1)]);
    let cut = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction'";
    assert_eq!(world.number(cut).await, 1);
    assert!(!locked.list().await);
    assert_eq!(
        world.number("SELECT count(*) FROM fang_lock_claims").await,
        0,
        "a worker without its locks must not list a task"
    );
    assert!(!locked.commit().await);
}

/// Otherwise other workers would write claims for a pool that does not run the tasks.
async fn a_pool_that_reconciles_removes_a_list_of_tasks_that_it_does_not_run(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(2).start().await;
    world.run("BEGIN").await;
    let aborted = world.number("SELECT pg_current_xact_id()::text::bigint").await;
    world.run("ROLLBACK").await;
    let list = format!(
        "INSERT INTO fang_lock_claims (worker, slot, task_type, transaction, ids, leases)
         SELECT max(id), 0, 'common', '{aborted}', ARRAY[gen_random_uuid()], '{{1}}' FROM fang_workers"
    );
    world.run(&list).await;
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert!(world.number(cut).await >= 1);
    until(async || {
        // The pool reconciles before its next claim.
        let _ = world.queue.insert_task(&say("more")).await;
        world.number("SELECT count(*) FROM fang_lock_claims").await == 0
    })
    .await;
    pool.shutdown(PATIENCE).await;
}

async fn a_queue_behind_a_pooler_offers_no_lock_claims(mode: Mode) {
    let world = World::postgres(mode).await;
    let options = Options { max_pool_size: 2, pgbouncer: true, ..Options::default() };
    assert!(!Rival::can_lock(&mode.queue_with(world.uri(), &options)));
}

async fn a_queue_over_an_application_pool_offers_no_lock_claims(mode: Mode) {
    let world = World::postgres(mode).await;
    assert!(!Rival::can_lock(&Mode::queue_over_application_pool(world.uri(), 5)));
}
